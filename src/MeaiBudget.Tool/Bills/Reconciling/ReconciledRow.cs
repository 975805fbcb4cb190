namespace MeaiBudget.Tool;

/// <summary>One day, model and tier in a bill and in the ledger. Immutable but for its reasons.</summary>
/// <param name="Key">The day, model and tier.</param>
/// <param name="Billed">What the bill has; null if nothing.</param>
/// <param name="Booked">What the ledger has; null if nothing.</param>
internal sealed record ReconciledRow(ReconciledKey Key, BilledSum? Billed, BookedSum? Booked)
{
    private static readonly BilledKind[] Kinds = [BilledKind.Input, BilledKind.CachedInput, BilledKind.CacheWrite, BilledKind.Output];

    /// <summary>Gets the billed amount in US dollars; null if the bill states tokens only.</summary>
    public decimal? BilledAmount => Billed is null ? 0m : Billed.Amount;

    /// <summary>Gets what the ledger charged, in US dollars.</summary>
    public decimal BookedAmount => Booked?.Spent ?? 0m;

    /// <summary>Gets how much more the bill has than the ledger, in US dollars; null if the bill states tokens only.</summary>
    public decimal? Difference => BilledAmount - BookedAmount;

    /// <summary>Gets a value indicating whether both count the same tokens of each kind; null if the bill states none.</summary>
    public bool? AreTokensEqual => Billed is not { HasTokens: true } ? null : Kinds.All(kind => Billed[kind] == (Booked?[kind] ?? 0));

    /// <summary>Gets how many tokens more the bill has.</summary>
    public long TokenDifference => Kinds.Sum(kind => (Billed?[kind] ?? 0) - (Booked?[kind] ?? 0));

    /// <summary>Gets a value indicating whether the difference is above the tolerance.</summary>
    public bool Differs { get; init; }

    /// <summary>Gets a value indicating whether the bill of the day may still change.</summary>
    public bool IsProvisional { get; init; }

    /// <summary>Gets one word for the result: agrees, rounding, price, tokens, only-billed, only-booked, unconfirmed.</summary>
    public string Verdict { get; init; } = "agrees";

    /// <summary>Gets why the two may differ, the most likely reason first.</summary>
    public IReadOnlyList<string> Reasons { get; init; } = [];
}
