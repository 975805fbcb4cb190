namespace MeaiBudget;

/// <summary>Options of <see cref="LiteLLMChatClientFactory"/>. <see cref="ProviderClientOptions.BaseUrl"/> is required; it is the URL of the proxy.</summary>
public sealed class LiteLLMChatClientOptions : ProviderClientOptions
{
    /// <summary>Gets or sets a value indicating whether the proxy asks the provider to store answers (<c>store</c>).</summary>
    /// <value>The default, <see langword="null"/>, sends nothing, and the provider's default applies. A value that the application sets in a raw request takes precedence.</value>
    public bool? StoreResponses { get; set; }
}
