using MeaiBudget;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Makes OpenAI, or a server that speaks its protocol, known to <c>AddMeaiBudget</c>.</summary>
public static class OpenAIMeaiBudgetBuilderExtensions
{
    /// <summary>Makes the provider type <c>OpenAI</c> known, so that configuration can name it.</summary>
    /// <param name="builder">The builder.</param>
    /// <param name="configure">Changes the options of each route's client, after configuration set them; for a proxy's handler, for example.</param>
    /// <returns>The builder.</returns>
    public static MeaiBudgetBuilder AddOpenAI(this MeaiBudgetBuilder builder, Action<OpenAIChatClientOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.AddProvider(new OpenAIProviderFactory(configure));
    }
}
