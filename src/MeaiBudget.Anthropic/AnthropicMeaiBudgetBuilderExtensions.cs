using MeaiBudget;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers Anthropic for <c>AddMeaiBudget</c>.</summary>
public static class AnthropicMeaiBudgetBuilderExtensions
{
    /// <summary>Registers the provider type <c>Anthropic</c>, for use in configuration.</summary>
    /// <param name="builder">The builder.</param>
    /// <param name="configure">Changes the options of each route's client after configuration has set them, for example to add a proxy's handler.</param>
    /// <returns>The builder.</returns>
    public static MeaiBudgetBuilder AddAnthropic(this MeaiBudgetBuilder builder, Action<AnthropicChatClientOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.AddProvider(new AnthropicProviderFactory(configure));
    }
}
