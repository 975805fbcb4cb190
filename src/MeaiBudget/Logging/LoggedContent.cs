namespace MeaiBudget;

/// <summary>What of a conversation or of HTTP traffic is logged.</summary>
public enum LoggedContent
{
    /// <summary>Nothing, at any log level.</summary>
    None,

    /// <summary>The text after the redactor, cut at a length.</summary>
    Redacted,

    /// <summary>The text as it is, secrets included, cut at a length. For a developer's machine.</summary>
    Full,
}
