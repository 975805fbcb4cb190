namespace MeaiBudget;

/// <summary>How a chat template writes a tool's JSON.</summary>
internal enum ToolJsonStyle
{
    /// <summary>Without spaces: Ollama's templates.</summary>
    Compact,

    /// <summary>A space after each comma and colon, as Python's <c>json.dumps</c> writes: most templates.</summary>
    Spaced,

    /// <summary>Indented by four: Llama's templates.</summary>
    Indented,
}
