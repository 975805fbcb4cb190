using Microsoft.Extensions.Compliance.Redaction;

namespace MeaiBudget;

/// <summary>Options for logged content: the redactor and the maximum length.</summary>
public abstract class RedactedContentOptions
{
    private protected RedactedContentOptions()
    {
    }

    /// <summary>Gets or sets the redactor of content and of exception messages. Any <c>Microsoft.Extensions.Compliance</c> redactor can be used.</summary>
    /// <value>The default is <see cref="SecretRedactor.Default"/>.</value>
    /// <exception cref="ArgumentNullException">The value is <see langword="null"/>.</exception>
    public Redactor Redactor
    {
        get;
        set
        {
            ArgumentNullException.ThrowIfNull(value);
            field = value;
        }
    }
    = SecretRedactor.Default;

    /// <summary>The maximum number of characters of one text that are logged.</summary>
    private protected int MaxLength
    {
        get;
        set
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value);
            field = value;
        }
    }
    = 4096;
}
