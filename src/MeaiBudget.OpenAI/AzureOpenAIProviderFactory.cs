using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>Creates the clients of routes whose provider has the type <c>AzureOpenAI</c> in configuration.</summary>
internal sealed class AzureOpenAIProviderFactory(Action<AzureOpenAIChatClientOptions>? configure) : IChatProviderFactory
{
    public string Type => "AzureOpenAI";

    public string ProviderName => AzureOpenAIChatClientFactory.ProviderName;

    public string? DefaultBaseUrl => null;

    public string? ApiKeyName => AzureOpenAIChatClientFactory.ApiKeyName;

    // The application may set a credential in code instead. The factory checks that there is one of both.
    public bool RequiresApiKey => configure is null;

    public int MaxForwardTags => OpenAIChatClient.MetadataEntries;

    public IReadOnlyCollection<string> SpecificSettings { get; } =
        [nameof(ProviderSettings.UseResponsesApi), nameof(ProviderSettings.StoreResponses), nameof(ProviderSettings.Deployments)];

    public IChatClient CreateClient(ChatProviderContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        AzureOpenAIChatClientOptions options = context.Apply(new AzureOpenAIChatClientOptions
        {
            UseResponsesApi = context.Settings.UseResponsesApi ?? false,
            StoreResponses = context.Settings.StoreResponses,
        });
        foreach ((string deployment, string model) in context.Settings.Deployments)
        {
            options.Deployments[deployment] = model;
        }

        configure?.Invoke(options);
        return AzureOpenAIChatClientFactory.Create(options);
    }
}
