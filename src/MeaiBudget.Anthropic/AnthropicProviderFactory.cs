using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>Creates the clients of routes whose provider has the type <c>Anthropic</c> in configuration.</summary>
internal sealed class AnthropicProviderFactory(Action<AnthropicChatClientOptions>? configure) : IChatProviderFactory
{
    public string Type => "Anthropic";

    public string ProviderName => "anthropic";

    public string? DefaultBaseUrl => AnthropicChatClientFactory.DefaultBaseUrl;

    public string? ApiKeyName => AnthropicChatClientFactory.ApiKeyName;

    public bool RequiresApiKey => true;

    public int MaxForwardTags => AnthropicChatClient.MostForwardTags;

    public IReadOnlyCollection<string> SpecificSettings { get; } = [nameof(ProviderSettings.SendTemperature)];

    public IChatClient CreateClient(ChatProviderContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        AnthropicChatClientOptions options = context.Apply(new AnthropicChatClientOptions { SendTemperature = context.Settings.SendTemperature ?? true });
        configure?.Invoke(options);
        return AnthropicChatClientFactory.Create(options);
    }
}
