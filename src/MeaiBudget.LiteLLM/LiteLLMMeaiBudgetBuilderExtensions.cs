using MeaiBudget;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers LiteLLM proxies for <c>AddMeaiBudget</c>.</summary>
public static class LiteLLMMeaiBudgetBuilderExtensions
{
    /// <summary>Registers the provider type <c>LiteLLM</c>, for use in configuration.</summary>
    /// <param name="builder">The builder.</param>
    /// <param name="configure">Changes the options of each route's client after configuration has set them, for example to add a proxy's handler.</param>
    /// <returns>The builder.</returns>
    public static MeaiBudgetBuilder AddLiteLLM(this MeaiBudgetBuilder builder, Action<LiteLLMChatClientOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.AddProvider(new LiteLLMProviderFactory(configure));
    }
}
