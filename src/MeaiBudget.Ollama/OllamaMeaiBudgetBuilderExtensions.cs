using MeaiBudget;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Makes Ollama known to <c>AddMeaiBudget</c>.</summary>
public static class OllamaMeaiBudgetBuilderExtensions
{
    /// <summary>Makes the provider type <c>Ollama</c> known, so that configuration can name it.</summary>
    /// <param name="builder">The builder.</param>
    /// <param name="configure">Changes the options of each route's client, after configuration set them; for a proxy's handler, for example.</param>
    /// <returns>The builder.</returns>
    public static MeaiBudgetBuilder AddOllama(this MeaiBudgetBuilder builder, Action<OllamaChatClientOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.AddProvider(new OllamaProviderFactory(configure));
    }
}
