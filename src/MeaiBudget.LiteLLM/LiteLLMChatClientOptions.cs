namespace MeaiBudget;

/// <summary>Options of <see cref="LiteLLMChatClientFactory"/>. <see cref="ProviderClientOptions.BaseUrl"/> is required; it is the URL of the proxy.</summary>
public sealed class LiteLLMChatClientOptions : ProviderClientOptions
{
}
