namespace MeaiBudget.Testing;

/// <summary>Why a scenario became dearer.</summary>
internal enum CostCauseKind
{
    /// <summary>The system prompt grew.</summary>
    SystemPrompt,

    /// <summary>The conversation grew: texts of users and assistants.</summary>
    History,

    /// <summary>A tool was added to the requests.</summary>
    NewTool,

    /// <summary>A tool's definition grew.</summary>
    ToolDefinition,

    /// <summary>A tool's results grew.</summary>
    ToolResults,

    /// <summary>The response schema grew.</summary>
    Schema,

    /// <summary>Images, documents or audio grew.</summary>
    Media,

    /// <summary>The answers grew.</summary>
    Output,

    /// <summary>The output limit grew.</summary>
    OutputLimit,

    /// <summary>There is a further request: a round of a tool loop, or another call.</summary>
    Round,

    /// <summary>There are more failed or repeated attempts.</summary>
    Attempts,

    /// <summary>A prefix is no longer shared, so a provider cannot read it from its cache.</summary>
    Prefix,

    /// <summary>Another model is asked for.</summary>
    Model,

    /// <summary>Another model answers than before, or the id is priced by another entry of the catalog.</summary>
    Alias,

    /// <summary>The price of the same entry rose.</summary>
    Price,

    /// <summary>Another service tier is used.</summary>
    ServiceTier,

    /// <summary>More searches or other tools that the provider runs are billed.</summary>
    ServerTools,

    /// <summary>Writing to the provider's cache costs more.</summary>
    CacheWrites,

    /// <summary>The request asks for more reasoning.</summary>
    ReasoningEffort,

    /// <summary>A model has no known price any more.</summary>
    UnknownPrice,

    /// <summary>Something that the snapshot does not divide further, such as fees.</summary>
    Other,
}
