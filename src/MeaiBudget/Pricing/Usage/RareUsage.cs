namespace MeaiBudget;

/// <summary>What few answers have of a <see cref="BillableUsage"/>. Immutable.</summary>
internal sealed record RareUsage
{
    /// <summary>Nothing of it.</summary>
    public static readonly RareUsage None = new();

    public long CacheWriteTokens { get; init; }

    public long CacheWriteOneHourTokens { get; init; }

    public long InputAudioTokens { get; init; }

    public long OutputAudioTokens { get; init; }

    public long InputImageTokens { get; init; }

    public long OutputImageTokens { get; init; }

    public long WebSearches { get; init; }

    public long FileSearches { get; init; }

    public long CodeExecutionSessions { get; init; }

    public decimal? ProviderStatedCost { get; init; }

    public string? ServiceTier { get; init; }

    /// <summary>Null where there is nothing in it, so that two usages without any are the same.</summary>
    public RareUsage? OrNull => this == None ? null : this;
}
