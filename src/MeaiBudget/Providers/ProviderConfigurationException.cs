namespace MeaiBudget;

/// <summary>Thrown if the settings of a provider client are missing or invalid. The message names the setting and the fix. Contains no secrets.</summary>
public sealed class ProviderConfigurationException : ArgumentException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="provider">The provider's name.</param>
    /// <param name="setting">The name of the missing or invalid setting.</param>
    /// <param name="message">The error and the fix.</param>
    public ProviderConfigurationException(string provider, string setting, string message)
        : base($"{provider}: {message}", setting)
    {
        Provider = provider;
        Setting = setting;
        Reason = message;
    }

    /// <summary>Gets the provider's name.</summary>
    public string Provider { get; }

    /// <summary>Gets the name of the missing or invalid setting.</summary>
    public string Setting { get; }

    /// <summary>The error and the fix, without the provider's name.</summary>
    internal string Reason { get; }
}
