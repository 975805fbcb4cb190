namespace MeaiBudget;

/// <summary>One call of a list: its attempts that are in the ledger, and its receipt if this process made it.</summary>
internal sealed record ConsoleCall
{
    public required Guid CallId { get; init; }

    public required DateTimeOffset At { get; init; }

    /// <summary>Gets how the call ended: answered, refused, failed, cancelled, open, or answered by a fallback.</summary>
    public required string Outcome { get; init; }

    /// <summary>Gets more about the outcome, for example the budget that refused; <see langword="null"/> for nothing.</summary>
    public string? Detail { get; init; }

    public string? Route { get; init; }

    public string? Model { get; init; }

    public string? Provider { get; init; }

    public IReadOnlyDictionary<string, string> Tags { get; init; } = new Dictionary<string, string>();

    public string? RunId { get; init; }

    public decimal Spent { get; init; }

    public decimal Held { get; init; }

    public decimal Unconfirmed { get; init; }

    public bool IsUnpriced { get; init; }

    public long InputTokens { get; init; }

    public long OutputTokens { get; init; }

    public int Attempts { get; init; }

    /// <summary>Gets a value indicating whether a budget refused an attempt of the call.</summary>
    public bool IsRefused => Records.Any(record => record.Refusal is not null) || Receipt?.Attempts.Any(attempt => attempt.Refusal is not null) == true;

    /// <summary>Gets the attempts as the ledger has them, in their order.</summary>
    public IReadOnlyList<SpendRecord> Records { get; init; } = [];

    /// <summary>Gets the receipt; <see langword="null"/> if another process made the call, or if it is too long ago.</summary>
    public CallReceipt? Receipt { get; init; }
}

/// <summary>What to list of the calls.</summary>
internal sealed record ConsoleCallFilter
{
    public DateTimeOffset? From { get; init; }

    public DateTimeOffset? To { get; init; }

    /// <summary>Gets the filters, by the names of <see cref="SpendQuery.Where"/>.</summary>
    public IReadOnlyDictionary<string, string> Where { get; init; } = new SortedDictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Gets what to show: everything, or only what is refused, fell back, failed, is in doubt or has no price.</summary>
    public string Show { get; init; } = "all";

    /// <summary>Gets the cursor of the page before; <see langword="null"/> for the first page.</summary>
    public string? After { get; init; }

    public override string ToString() => $"{From?.UtcTicks}|{To?.UtcTicks}|{string.Join('&', Where.Select(pair => $"{pair.Key.Length}:{pair.Key}={pair.Value.Length}:{pair.Value}"))}|{Show}|{After}";
}
