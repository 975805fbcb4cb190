using MeaiBudget;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Makes Anthropic known to <c>AddMeaiBudget</c>.</summary>
public static class AnthropicMeaiBudgetBuilderExtensions
{
    /// <summary>Makes the provider type <c>Anthropic</c> known, so that configuration can name it.</summary>
    /// <param name="builder">The builder.</param>
    /// <param name="configure">Changes the options of each route's client, after configuration set them; for a proxy's handler, for example.</param>
    /// <returns>The builder.</returns>
    public static MeaiBudgetBuilder AddAnthropic(this MeaiBudgetBuilder builder, Action<AnthropicChatClientOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.AddProvider(new AnthropicProviderFactory(configure));
    }
}
