namespace MeaiBudget;

/// <summary>How <see cref="AnthropicChatClientFactory"/> makes a client.</summary>
public sealed class AnthropicChatClientOptions : ProviderClientOptions
{
    /// <summary>Gets or sets a value indicating whether a temperature is sent: the caller's, else <see cref="ProviderClientOptions.DefaultTemperature"/>.</summary>
    /// <value>By default <see langword="true"/>, for models that are known to take one.</value>
    /// <remarks>
    /// Claude rejects a temperature from Opus 4.7 and generation 5 on; for those models none is sent either way. The SDK itself
    /// leaves the temperature out, even one that the caller set; turn this off to do as it does.
    /// </remarks>
    public bool SendTemperature { get; set; } = true;
}
