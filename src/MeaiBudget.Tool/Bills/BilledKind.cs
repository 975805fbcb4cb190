namespace MeaiBudget.Tool;

/// <summary>What a line of a bill counts: a kind of tokens, without overlap, or a use of a tool.</summary>
internal enum BilledKind
{
    /// <summary>Input tokens that were neither read from a cache nor written to one.</summary>
    Input,

    /// <summary>Input tokens read from a cache.</summary>
    CachedInput,

    /// <summary>Input tokens written to a cache, for any time.</summary>
    CacheWrite,

    /// <summary>Output tokens, reasoning included.</summary>
    Output,

    /// <summary>Something else, or unknown.</summary>
    Other,
}
