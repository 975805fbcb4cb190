namespace MeaiBudget.Testing;

/// <summary>A part of a request's input.</summary>
internal enum PromptPart
{
    /// <summary>Tool definitions.</summary>
    Tools,

    /// <summary>The response schema.</summary>
    Schema,

    /// <summary>System messages and instructions.</summary>
    System,

    /// <summary>Texts and tool calls of the conversation.</summary>
    History,

    /// <summary>Tool results.</summary>
    Results,

    /// <summary>Images, documents and audio.</summary>
    Media,
}
