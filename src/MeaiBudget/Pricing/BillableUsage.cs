namespace MeaiBudget;

/// <summary>What a provider bills for one attempt, in one shape for every provider.</summary>
/// <remarks>
/// Parts are never added to their whole: cached and cache-write tokens are part of <see cref="InputTokens"/>,
/// reasoning tokens are part of <see cref="OutputTokens"/>.
/// </remarks>
public readonly record struct BillableUsage
{
    /// <summary>Gets all input tokens, cached and cache-write ones included.</summary>
    public long InputTokens { get; init; }

    /// <summary>Gets the input tokens that were read from the provider's cache.</summary>
    public long CachedInputTokens { get; init; }

    /// <summary>Gets the input tokens that were written to a cache of five minutes (or of unstated length).</summary>
    public long CacheWriteTokens { get; init; }

    /// <summary>Gets the input tokens that were written to a cache of one hour.</summary>
    public long CacheWriteOneHourTokens { get; init; }

    /// <summary>Gets all output tokens, reasoning included.</summary>
    public long OutputTokens { get; init; }

    /// <summary>Gets the output tokens that were hidden reasoning.</summary>
    public long ReasoningTokens { get; init; }

    /// <summary>Gets the input tokens that were audio.</summary>
    public long InputAudioTokens { get; init; }

    /// <summary>Gets the output tokens that were audio.</summary>
    public long OutputAudioTokens { get; init; }

    /// <summary>Gets the input tokens that were images.</summary>
    public long InputImageTokens { get; init; }

    /// <summary>Gets the output tokens that were images.</summary>
    public long OutputImageTokens { get; init; }

    /// <summary>Gets the number of web searches that the provider ran.</summary>
    public long WebSearches { get; init; }

    /// <summary>Gets the number of file searches that the provider ran.</summary>
    public long FileSearches { get; init; }

    /// <summary>Gets the number of code execution sessions that the provider opened.</summary>
    public long CodeExecutionSessions { get; init; }

    /// <summary>Gets a value indicating whether the provider told how many tokens were written to a cache but not for how long.</summary>
    public bool IsCacheWriteDurationAssumed { get; init; }

    /// <summary>Gets the cost that the provider or its proxy stated, in US dollars; <see langword="null"/> if it stated none.</summary>
    public decimal? ProviderStatedCost { get; init; }

    /// <summary>Gets the service tier that answered, as the provider names it; <see langword="null"/> for the standard tier.</summary>
    public string? ServiceTier { get; init; }

    /// <summary>Gets a value indicating whether some of the counts are ours and not the provider's.</summary>
    public bool IsEstimated { get; init; }

    /// <summary>Gets a value indicating whether there is nothing in it: no token, no tool, no stated cost. Of an answer with content that means that the usage is missing.</summary>
    public bool IsEmpty => (InputTokens | OutputTokens | CachedInputTokens | CacheWriteTokens | CacheWriteOneHourTokens | ReasoningTokens
        | WebSearches | FileSearches | CodeExecutionSessions) == 0 && ProviderStatedCost is null;
}
