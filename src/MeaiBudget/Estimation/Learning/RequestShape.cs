namespace MeaiBudget;

/// <summary>Kinds of content in a request. Corrections are learned for each shape, because their errors differ.</summary>
internal enum RequestShape
{
    /// <summary>Text only.</summary>
    Text,

    /// <summary>Tools, tool calls or a response schema.</summary>
    Tools,

    /// <summary>Images, documents or audio, with or without tools.</summary>
    Media,
}
