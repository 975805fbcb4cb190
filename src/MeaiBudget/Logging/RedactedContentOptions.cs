using Microsoft.Extensions.Compliance.Redaction;

namespace MeaiBudget;

/// <summary>How content is logged where it is asked for: redacted by what, and cut at which length.</summary>
public abstract class RedactedContentOptions
{
    private protected RedactedContentOptions()
    {
    }

    /// <summary>Gets or sets what redacts content and the messages of exceptions; any redactor of the platform fits.</summary>
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

    /// <summary>The most characters of one text that are logged.</summary>
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
