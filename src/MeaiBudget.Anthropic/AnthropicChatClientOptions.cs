namespace MeaiBudget;

/// <summary>How <see cref="AnthropicChatClientFactory"/> makes a client.</summary>
public sealed class AnthropicChatClientOptions : ProviderClientOptions
{
}
