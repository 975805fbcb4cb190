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

    /// <summary>A response schema without tools.</summary>
    Schema,

    /// <summary>Text, a large part of which is not ASCII: another language, whose words have another factor.</summary>
    ForeignText,

    /// <summary>Tools and such text.</summary>
    ForeignTools,
}
