namespace MeaiBudget;

/// <summary>What a place of an answer means. Values from <see cref="Input"/> on are a <see cref="WireCount"/>.</summary>
internal enum WireAnswerField
{
    /// <summary>Nothing that matters.</summary>
    None,

    /// <summary>Text that the model wrote: content, reasoning, arguments, a refusal.</summary>
    Text,

    /// <summary>Text that may stand a second time in the same event.</summary>
    Repeated,

    /// <summary>Text of the whole answer, which a stream repeats at its end.</summary>
    Whole,

    Model,
    ResponseId,

    /// <summary>One of a list of alternatives: choices or candidates.</summary>
    Choice,
    FinishReason,
    Status,
    IncompleteReason,
    ServiceTier,

    /// <summary>Anthropic's fast mode, which stands beside the tier.</summary>
    Speed,

    /// <summary>Where the model ran, if that decides the price.</summary>
    InferenceGeo,
    EventType,

    /// <summary>The kind of a document: some servers write <c>error</c> there.</summary>
    ObjectType,
    Done,

    /// <summary>A time or a duration, which SDKs read as a whole number.</summary>
    Time,
    Error,
    ErrorCode,
    ErrorMessage,

    /// <summary>A code that reports an error unless it is zero.</summary>
    ErrorStatus,

    /// <summary>Whether the request succeeded.</summary>
    Success,

    /// <summary>Whether the answer is one that a gateway had kept.</summary>
    CacheHit,
    Usage,

    /// <summary>One of several samplings of a usage, which are billed together.</summary>
    Sampling,
    SamplingType,

    /// <summary>An item of a list of output, and the type that says what it is.</summary>
    Item,
    ItemType,
    ItemAction,
    ItemContainer,

    /// <summary>The type of what a tool gave back, which may be an error.</summary>
    ItemResult,
    Annotation,
    SearchQuery,
    Grounding,

    /// <summary>A use that has a fee of its own, which no price states.</summary>
    OtherFee,
    InputModality,
    OutputModality,
    InputDetail,
    OutputDetail,
    ModalityCount,

    /// <summary>Cache writes of one lifetime, of several.</summary>
    CacheDetail,
    CacheDetailLifetime,

    /// <summary>A length of audio in seconds.</summary>
    AudioSeconds,

    /// <summary>A cost in US dollars.</summary>
    Cost,

    /// <summary>The currency of a cost.</summary>
    Currency,

    /// <summary>What a host paid with the caller's own key, beside its fee.</summary>
    UpstreamCost,

    /// <summary>What the use costs at the provider's prices, which a host states beside what it debited.</summary>
    MarketCost,
    IsOwnKey,

    /// <summary>A cost in 10^-10 US dollars.</summary>
    CostTicks,

    /// <summary>A cost in 10^-9 units of a cent.</summary>
    NanoUnits,

    Input = 100,
    Output = Input + WireCount.Output,
    Total = Input + WireCount.Total,
    CacheRead = Input + WireCount.CacheRead,
    CacheWrite = Input + WireCount.CacheWrite,
    CacheWriteFiveMinutes = Input + WireCount.CacheWriteFiveMinutes,
    CacheWriteOneHour = Input + WireCount.CacheWriteOneHour,
    CacheWriteDay = Input + WireCount.CacheWriteDay,
    Reasoning = Input + WireCount.Reasoning,
    InputAudio = Input + WireCount.InputAudio,
    OutputAudio = Input + WireCount.OutputAudio,
    InputImage = Input + WireCount.InputImage,
    OutputImage = Input + WireCount.OutputImage,
    ToolInput = Input + WireCount.ToolInput,
    BilledInput = Input + WireCount.BilledInput,
    BilledOutput = Input + WireCount.BilledOutput,
    WebSearches = Input + WireCount.WebSearches,
    WebFetches = Input + WireCount.WebFetches,
    CodeExecutions = Input + WireCount.CodeExecutions,
    FileSearches = Input + WireCount.FileSearches,
    OtherSearches = Input + WireCount.OtherSearches,
}
