namespace MeaiBudget;

/// <summary>How <see cref="AnthropicChatClientFactory"/> makes a client.</summary>
public sealed class AnthropicChatClientOptions : ProviderClientOptions
{
    /// <summary>Gets or sets a value indicating whether a temperature is sent: the caller's, else <see cref="ProviderClientOptions.DefaultTemperature"/>.</summary>
    /// <value>By default <see langword="false"/>: as the SDK, whose version of the API (2026-10-21) knows no temperature any more.</value>
    /// <remarks>
    /// Claude rejects a temperature from Opus 4.7 and generation 5 on; for those models none is sent either way. For older ones set
    /// this where temperature matters, and see whether the server takes it.
    /// </remarks>
    public bool SendTemperature { get; set; }
}
