namespace MeaiBudget;

/// <summary>Options of <see cref="AnthropicChatClientFactory"/>.</summary>
public sealed class AnthropicChatClientOptions : ProviderClientOptions
{
    /// <summary>
    /// Gets or sets a value indicating whether a temperature is sent: the caller's, or else <see cref="ProviderClientOptions.DefaultTemperature"/>.
    /// </summary>
    /// <value>The default is <see langword="true"/>, for models that accept a temperature.</value>
    /// <remarks>
    /// Claude Opus from 4.7 on, and all models from generation 5 on, reject a temperature; it is never sent to them. The SDK itself does
    /// not send a temperature, even if the caller set one. Set this to <see langword="false"/> for the same behaviour.
    /// </remarks>
    public bool SendTemperature { get; set; } = true;
}
