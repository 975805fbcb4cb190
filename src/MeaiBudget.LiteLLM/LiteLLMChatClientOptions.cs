namespace MeaiBudget;

/// <summary>How <see cref="LiteLLMChatClientFactory"/> makes a client. <see cref="ProviderClientOptions.BaseUrl"/> is the proxy's address, and needed.</summary>
public sealed class LiteLLMChatClientOptions : ProviderClientOptions
{
}
