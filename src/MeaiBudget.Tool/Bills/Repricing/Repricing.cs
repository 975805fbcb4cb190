namespace MeaiBudget.Tool;

/// <summary>Computes what the recorded usage costs under another catalog.</summary>
internal sealed class Repricing(PriceCatalog catalog, string by)
{
    private readonly Dictionary<string, (long Attempts, decimal Charged, decimal Repriced)> _groups = new(StringComparer.Ordinal);

    /// <summary>Gets the sums by the value of the group.</summary>
    public IReadOnlyList<(string Group, long Attempts, decimal Charged, decimal Repriced)> Groups =>
        [.. _groups.OrderBy(group => group.Key, StringComparer.Ordinal).Select(group => (group.Key, group.Value.Attempts, group.Value.Charged, group.Value.Repriced))];

    public decimal Charged => _groups.Values.Sum(group => group.Charged);

    public decimal Repriced => _groups.Values.Sum(group => group.Repriced);

    /// <summary>Gets the attempts whose model has no price in the catalog; their charge stays.</summary>
    public long WithoutPrice { get; private set; }

    /// <summary>Gets the attempts whose charge was changed.</summary>
    public long Changed { get; private set; }

    /// <summary>Adds an attempt, and returns what it costs under the catalog; null if it stays as it is.</summary>
    public decimal? Add(BookedAttempt attempt)
    {
        SpendRecord record = attempt.Record;
        if (record.State is not ("settled" or "unconfirmed" or "expired") || record.Id!.Value.Owner == BillCorrections.Owner)
        {
            return null;
        }

        decimal? repriced = null;
        if (!record.Usage.IsEmpty)
        {
            PriceResolution found = catalog.ResolveResponse(record.Call!.ModelId ?? "", record.ResponseModelId, ProviderNames.Canonical(record.Call.Provider), record.Call.At);
            repriced = found.IsKnown ? found.CostOf(record.Usage).Amount : null;
            WithoutPrice += found.IsKnown ? 0 : 1;
        }

        (long attempts, decimal charged, decimal sum) = _groups.GetValueOrDefault(GroupOf(attempt));
        _groups[GroupOf(attempt)] = (attempts + 1, charged + attempt.Spent, sum + (repriced ?? attempt.Spent));
        return repriced == attempt.Spent ? null : repriced;
    }

    /// <summary>Replaces the charge of an attempt. Applying it again changes nothing.</summary>
    public async Task ApplyAsync(ReadableLedger ledger, BookedAttempt attempt, decimal repriced, CancellationToken cancellationToken)
    {
        long change = (long)((repriced - attempt.Spent) * 1_000_000_000m);
        Changed += await AttemptCharge.ChangeAsync(ledger, attempt, change, "reprice", $"repriced with the catalog {catalog.Digest}", cancellationToken) ? 1 : 0;
    }

    private string GroupOf(BookedAttempt attempt) => by switch
    {
        "day" => FormattableString.Invariant($"{attempt.Record.Call!.At.UtcDateTime:yyyy-MM-dd}"),
        "model" => attempt.Record.ResponseModelId ?? attempt.Record.Call!.ModelId ?? "",
        "provider" => attempt.Record.Call!.Provider ?? "",
        _ => attempt.Record.Call!.Tags?.GetValueOrDefault(by["tag:".Length..]) ?? "",
    };
}
