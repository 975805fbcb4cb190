namespace MeaiBudget;

/// <summary>A provider client was asked for with settings that cannot work; the message says which and what to do. Holds no secret.</summary>
public sealed class ProviderConfigurationException : ArgumentException
{
    /// <summary>Makes an exception.</summary>
    /// <param name="provider">The provider's name.</param>
    /// <param name="setting">The setting that is wrong or missing.</param>
    /// <param name="message">What is wrong, and what to do.</param>
    public ProviderConfigurationException(string provider, string setting, string message)
        : base($"{provider}: {message}", setting)
    {
        Provider = provider;
        Setting = setting;
        Reason = message;
    }

    /// <summary>Gets the provider's name.</summary>
    public string Provider { get; }

    /// <summary>Gets the name of the setting.</summary>
    public string Setting { get; }

    /// <summary>Gets what is wrong and what to do, without the provider's name.</summary>
    internal string Reason { get; }
}
