using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>Creates the clients of routes whose provider has the type <c>OpenAI</c> in configuration.</summary>
internal sealed class OpenAIProviderFactory(Action<OpenAIChatClientOptions>? configure) : IChatProviderFactory
{
    public string Type => "OpenAI";

    public string ProviderName => "openai";

    public string? DefaultBaseUrl => OpenAIChatClientFactory.DefaultBaseUrl;

    public string? ApiKeyName => OpenAIChatClientFactory.ApiKeyName;

    public bool RequiresApiKey => true;

    public int MaxForwardTags => OpenAIChatClient.MetadataEntries;

    public IReadOnlyCollection<string> SpecificSettings { get; } =
        [nameof(ProviderSettings.UseResponsesApi), nameof(ProviderSettings.StoreResponses), nameof(ProviderSettings.OrganizationId), nameof(ProviderSettings.ProjectId)];

    public IChatClient CreateClient(ChatProviderContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        OpenAIChatClientOptions options = context.Apply(new OpenAIChatClientOptions
        {
            UseResponsesApi = context.Settings.UseResponsesApi ?? false,
            StoreResponses = context.Settings.StoreResponses,
            OrganizationId = context.Settings.OrganizationId,
            ProjectId = context.Settings.ProjectId,
        });
        configure?.Invoke(options);
        return OpenAIChatClientFactory.Create(options);
    }
}
