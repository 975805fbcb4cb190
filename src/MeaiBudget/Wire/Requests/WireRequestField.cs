namespace MeaiBudget;

/// <summary>What a place of a request's body means.</summary>
internal enum WireRequestField
{
    /// <summary>Nothing that costs.</summary>
    None,

    /// <summary>Text, or a part of a schema, that the model reads.</summary>
    Text,

    /// <summary>A list of messages; a string is one message.</summary>
    Message,

    /// <summary>The list of messages as Responses and embeddings name it.</summary>
    Input,

    /// <summary>The list of messages as Gemini names it.</summary>
    Contents,

    /// <summary>Inputs of an embedding or prompts of a legacy completion: text or token ids, each entry one of its own.</summary>
    Prompt,

    /// <summary>A role, a type, an id.</summary>
    Framing,

    /// <summary>Something that only Anthropic's protocol has.</summary>
    AnthropicMark,

    Model,
    OutputLimit,
    ThinkingBudget,

    /// <summary>How much the model is to think, or whether.</summary>
    Effort,
    AnswerCount,
    ServiceTier,

    /// <summary>Where the model is to run, if that decides the price.</summary>
    InferenceGeo,

    /// <summary>What the answer is expected to be; what it does not use is billed as output all the same.</summary>
    Prediction,

    /// <summary>A change of the context by the provider; a compaction is a sampling of its own.</summary>
    ContextChange,
    Stream,
    StoredHistory,
    PreviousResponse,
    Conversation,
    Store,
    Background,

    /// <summary>The type of a tool; the list of tools.</summary>
    ToolType,

    /// <summary>A type of a message, item or content part.</summary>
    PartType,

    /// <summary>The id and the role of an item of input. An item with nothing but an id refers to one that the provider stores.</summary>
    ItemId,
    ItemRole,

    SearchTool,
    FileTool,
    CodeTool,
    FetchTool,
    MapsTool,
    ComputerTool,

    /// <summary>Where a shell runs.</summary>
    ShellPlace,
    RemoteTool,
    PluginId,
    SearchMode,
    SearchContextSize,
    ToolCallLimit,
    CacheControl,
    CacheLifetime,
    Modality,
    AudioOutput,

    /// <summary>The address of a medium, or the medium itself behind <c>data:</c>.</summary>
    MediaAddress,

    /// <summary>A medium, encoded.</summary>
    MediaData,

    /// <summary>A source that is a medium or, by its own type, text.</summary>
    Source,
    SourceKind,
    SourceData,
}
