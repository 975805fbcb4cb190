namespace MeaiBudget;

/// <summary>What a request holds; each shape is learned by itself, as each is wrong in its own way.</summary>
internal enum RequestShape
{
    /// <summary>Text alone.</summary>
    Text,

    /// <summary>Tools, tool calls or a response schema.</summary>
    Tools,

    /// <summary>Pictures, documents or sound, with or without tools.</summary>
    Media,
}
