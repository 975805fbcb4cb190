namespace MeaiBudget;

/// <summary>Components that a provider bills.</summary>
/// <remarks>The components of a usage do not overlap: each token is billed under one of them. Price files use the same names in camel case.</remarks>
internal enum PriceComponent
{
    /// <summary>Text input tokens that are neither read from nor written to a cache.</summary>
    Input,

    /// <summary>Input tokens read from the provider's cache.</summary>
    CachedInput,

    /// <summary>Input tokens written to a cache for less than one hour (Anthropic's five minutes, OpenAI's thirty), or for an unstated duration.</summary>
    CacheWrite,

    /// <summary>Input tokens written to a cache for one hour.</summary>
    CacheWriteOneHour,

    /// <summary>Input tokens written to a cache for longer than one hour, such as OpenAI's twelve hours.</summary>
    CacheWriteTwelveHours,

    /// <summary>Audio input tokens.</summary>
    InputAudio,

    /// <summary>Audio input tokens read from the provider's cache.</summary>
    CachedInputAudio,

    /// <summary>Image input tokens.</summary>
    InputImage,

    /// <summary>Text output tokens.</summary>
    Output,

    /// <summary>Hidden reasoning tokens.</summary>
    Reasoning,

    /// <summary>Audio output tokens.</summary>
    OutputAudio,

    /// <summary>Image output tokens.</summary>
    OutputImage,

    /// <summary>The fee per request.</summary>
    Request,

    /// <summary>The fee per web search that the provider ran.</summary>
    WebSearch,

    /// <summary>The fee per request in which the provider ran web searches, however many.</summary>
    WebSearchRequest,

    /// <summary>The fee per file search that the provider ran.</summary>
    FileSearch,

    /// <summary>The fee per code execution session that the provider opened.</summary>
    CodeExecutionSession,

    /// <summary>The price of a generated image.</summary>
    Image,

    /// <summary>The price of a minute of audio, received or generated.</summary>
    AudioMinute,

    /// <summary>The price of a million characters of text to speak.</summary>
    MillionCharacters,

    /// <summary>The price of a page of a document.</summary>
    Page,

    /// <summary>The total cost that the provider or its proxy stated.</summary>
    Stated,
}
