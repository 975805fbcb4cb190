namespace MeaiBudget;

/// <summary>How much of a conversation or of an HTTP body is logged.</summary>
public enum LoggedContent
{
    /// <summary>No content, at any log level.</summary>
    None,

    /// <summary>The redacted text, truncated to a maximum length.</summary>
    Redacted,

    /// <summary>The text without redaction, truncated to a maximum length. It contains secrets; use it only on a development machine.</summary>
    Full,
}
