namespace MeaiBudget;

/// <summary>How a <see cref="ModelIdPattern"/> matches an id.</summary>
internal enum ModelIdPatternKind
{
    /// <summary>The id starts with the text.</summary>
    StartsWith,

    /// <summary>The id ends with the text.</summary>
    EndsWith,

    /// <summary>The id contains the text.</summary>
    Contains,

    /// <summary>The text is a regular expression.</summary>
    Regex,
}
