using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>Creates the clients of routes whose provider has the type <c>LiteLLM</c> in configuration.</summary>
internal sealed class LiteLLMProviderFactory(Action<LiteLLMChatClientOptions>? configure) : IChatProviderFactory
{
    public string Type => "LiteLLM";

    public string ProviderName => "litellm";

    public string? DefaultBaseUrl => null;

    public string? ApiKeyName => LiteLLMChatClientFactory.ApiKeyName;

    public bool RequiresApiKey => false;

    public int MaxForwardTags => LiteLLMChatClientFactory.MaxForwardTags;

    public IReadOnlyCollection<string> SpecificSettings { get; } = [nameof(ProviderSettings.StoreResponses)];

    public IChatClient CreateClient(ChatProviderContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        LiteLLMChatClientOptions options = context.Apply(new LiteLLMChatClientOptions { StoreResponses = context.Settings.StoreResponses });
        configure?.Invoke(options);
        return LiteLLMChatClientFactory.Create(options);
    }
}
