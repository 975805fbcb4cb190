namespace MeaiBudget;

/// <summary>Styles in which chat templates write a tool's JSON.</summary>
internal enum ToolJsonStyle
{
    /// <summary>Without spaces: Ollama's templates.</summary>
    Compact,

    /// <summary>A space after each comma and colon, as Python's <c>json.dumps</c> writes it: most templates.</summary>
    Spaced,

    /// <summary>Indented by four spaces: Llama's templates.</summary>
    Indented,
}
