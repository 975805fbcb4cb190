namespace MeaiBudget;

/// <summary>The counts of a <see cref="BillableUsage"/> that few answers have. Immutable.</summary>
internal sealed record RareUsage
{
    /// <summary>All counts are zero.</summary>
    public static readonly RareUsage None = new();

    public long CacheWriteTokens { get; init; }

    public long CacheWriteOneHourTokens { get; init; }

    public long CacheWriteTwelveHoursTokens { get; init; }

    public long InputAudioTokens { get; init; }

    public long OutputAudioTokens { get; init; }

    public long InputImageTokens { get; init; }

    public long OutputImageTokens { get; init; }

    public long WebSearches { get; init; }

    public long FileSearches { get; init; }

    public long CodeExecutionSessions { get; init; }

    public long Images { get; init; }

    public long AudioMilliseconds { get; init; }

    public long Characters { get; init; }

    public long Pages { get; init; }

    public decimal? ProviderStatedCost { get; init; }

    public string? ServiceTier { get; init; }

    public bool IsInconsistent { get; init; }

    public bool HasUnknownFee { get; init; }

    public bool HasUnconfirmedParts { get; init; }

    /// <summary>Null where there is nothing in it, so that two usages without any are the same.</summary>
    public RareUsage? OrNull => this == None ? null : this;
}
