namespace MeaiBudget;

/// <summary>Rules that a <see cref="SecretRedactor"/> uses in addition to the built-in ones.</summary>
/// <remarks>Copied when the redactor is created.</remarks>
public sealed class SecretRedactorOptions
{
    /// <summary>Gets the application's own forms of secret.</summary>
    public IList<SecretPattern> Patterns { get; } = [];

    /// <summary>
    /// Gets further names with secret values, for JSON members, headers, parameters and assignments. Each has at least two characters; case
    /// is ignored.
    /// </summary>
    public IList<string> SecretNames { get; } = [];

    /// <summary>Gets or sets a value indicating whether e-mail addresses are redacted too.</summary>
    /// <value>The default is <see langword="false"/>.</value>
    public bool RedactEmailAddresses { get; set; }
}
