using MeaiBudget;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers Ollama for <c>AddMeaiBudget</c>.</summary>
public static class OllamaMeaiBudgetBuilderExtensions
{
    /// <summary>Registers the provider type <c>Ollama</c>, for use in configuration.</summary>
    /// <param name="builder">The builder.</param>
    /// <param name="configure">Changes the options of each route's client after configuration has set them, for example to add a proxy's handler.</param>
    /// <returns>The builder.</returns>
    public static MeaiBudgetBuilder AddOllama(this MeaiBudgetBuilder builder, Action<OllamaChatClientOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.AddProvider(new OllamaProviderFactory(configure));
    }
}
