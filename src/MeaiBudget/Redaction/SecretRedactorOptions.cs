namespace MeaiBudget;

/// <summary>What a <see cref="SecretRedactor"/> redacts beyond the shapes it knows.</summary>
/// <remarks>Copied when the redactor is made.</remarks>
public sealed class SecretRedactorOptions
{
    /// <summary>Gets the application's own shapes of secret.</summary>
    public IList<SecretPattern> Patterns { get; } = [];

    /// <summary>Gets further names whose values are secret, wherever they stand as a JSON member, a header, a parameter or an assignment; case does not matter.</summary>
    public IList<string> SecretNames { get; } = [];

    /// <summary>Gets or sets a value indicating whether e-mail addresses are redacted too.</summary>
    /// <value>The default is <see langword="false"/>.</value>
    public bool RedactEmailAddresses { get; set; }
}
