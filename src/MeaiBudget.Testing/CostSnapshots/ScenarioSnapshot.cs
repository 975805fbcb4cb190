namespace MeaiBudget.Testing;

/// <summary>One scenario in a snapshot.</summary>
internal sealed record ScenarioSnapshot
{
    public int Calls { get; init; }

    public int Attempts { get; init; }

    public decimal Expected { get; init; }

    public decimal WithCache { get; init; }

    public decimal Worst { get; init; }

    /// <summary>The cost if providers report the tokens that we count.</summary>
    public decimal Counted { get; init; }

    /// <summary>The share of the input that repeats the beginning of an earlier request, from 0 to 1.</summary>
    public decimal SharedShare { get; init; }

    public CostTokens Tokens { get; init; }

    public IReadOnlyList<RequestSnapshot> Requests { get; init; } = [];

    /// <summary>True if another run sent the same requests at the same cost, in any order.</summary>
    public bool IsSameAs(ScenarioSnapshot other) =>
        Attempts == other.Attempts && Expected == other.Expected && WithCache == other.WithCache && Worst == other.Worst && SharedShare == other.SharedShare
        && Requests.Select(SnapshotJson.ContentOf).Order(StringComparer.Ordinal).SequenceEqual(other.Requests.Select(SnapshotJson.ContentOf).Order(StringComparer.Ordinal));

    /// <summary>Takes what a snapshot keeps of a run.</summary>
    public static ScenarioSnapshot Of(CostReport report)
    {
        ILookup<int, PrefixBreak> breaks = report.PrefixBreaks.ToLookup(found => found.Later);
        return new ScenarioSnapshot
        {
            Calls = report.Calls,
            Attempts = report.Attempts,
            Expected = report.Expected,
            WithCache = report.WithCache,
            Worst = report.Worst,
            Counted = report.Counted,
            SharedShare = report.SharedShare,
            Tokens = report.Tokens,
            Requests = [.. report.Requests.Select(request => RequestSnapshot.Of(request, breaks[request.Number].FirstOrDefault()))],
        };
    }
}
