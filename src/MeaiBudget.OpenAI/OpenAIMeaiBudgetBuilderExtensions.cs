using MeaiBudget;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers OpenAI and compatible servers for <c>AddMeaiBudget</c>.</summary>
public static class OpenAIMeaiBudgetBuilderExtensions
{
    /// <summary>Registers the provider type <c>OpenAI</c>, for use in configuration.</summary>
    /// <param name="builder">The builder.</param>
    /// <param name="configure">Changes the options of each route's client after configuration has set them, for example to add a proxy's handler.</param>
    /// <returns>The builder.</returns>
    public static MeaiBudgetBuilder AddOpenAI(this MeaiBudgetBuilder builder, Action<OpenAIChatClientOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.AddProvider(new OpenAIProviderFactory(configure));
    }

    /// <summary>Registers the provider type <c>AzureOpenAI</c>, for use in configuration.</summary>
    /// <param name="builder">The builder.</param>
    /// <param name="configure">Changes the options of each route's client after configuration has set them, for example to set a credential in place of a key.</param>
    /// <returns>The builder.</returns>
    public static MeaiBudgetBuilder AddAzureOpenAI(this MeaiBudgetBuilder builder, Action<AzureOpenAIChatClientOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.AddProvider(new AzureOpenAIProviderFactory(configure));
    }
}
