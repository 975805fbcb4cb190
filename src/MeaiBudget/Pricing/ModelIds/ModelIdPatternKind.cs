namespace MeaiBudget;

/// <summary>How a <see cref="ModelIdPattern"/> matches.</summary>
internal enum ModelIdPatternKind
{
    /// <summary>At the beginning.</summary>
    StartsWith,

    /// <summary>At the end.</summary>
    EndsWith,

    /// <summary>Anywhere.</summary>
    Contains,

    /// <summary>As a regular expression.</summary>
    Regex,
}
