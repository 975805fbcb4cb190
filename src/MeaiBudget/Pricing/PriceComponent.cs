namespace MeaiBudget;

/// <summary>What a provider bills for.</summary>
/// <remarks>The components of a usage are disjoint: a token is billed under one of them. Names in price files are these in camel case.</remarks>
internal enum PriceComponent
{
    /// <summary>Input tokens that are neither cached nor written to a cache, of text.</summary>
    Input,

    /// <summary>Input tokens read from the provider's cache.</summary>
    CachedInput,

    /// <summary>Input tokens written to a cache for five minutes, or of unstated duration.</summary>
    CacheWrite,

    /// <summary>Input tokens written to a cache for one hour.</summary>
    CacheWriteOneHour,

    /// <summary>Input tokens of audio.</summary>
    InputAudio,

    /// <summary>Input tokens of audio read from the provider's cache.</summary>
    CachedInputAudio,

    /// <summary>Input tokens of images.</summary>
    InputImage,

    /// <summary>Output tokens of text.</summary>
    Output,

    /// <summary>Output tokens of hidden reasoning.</summary>
    Reasoning,

    /// <summary>Output tokens of audio.</summary>
    OutputAudio,

    /// <summary>Output tokens of images.</summary>
    OutputImage,

    /// <summary>The fee of one request.</summary>
    Request,

    /// <summary>The fee of one web search that the provider ran.</summary>
    WebSearch,

    /// <summary>The fee of one file search that the provider ran.</summary>
    FileSearch,

    /// <summary>The fee of one code execution session that the provider opened.</summary>
    CodeExecutionSession,

    /// <summary>What the provider or its proxy stated, for everything together.</summary>
    Stated,
}
