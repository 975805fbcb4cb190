namespace MeaiBudget.Tool;

/// <summary>What a replay came to. Amounts are US dollars.</summary>
internal sealed record SimulationResult
{
    public required long Calls { get; init; }

    /// <summary>Gets the calls of which an attempt was refused and none was answered.</summary>
    public required long Refused { get; init; }

    /// <summary>Gets the calls of which an attempt was refused and another route answered.</summary>
    public required long Switched { get; init; }

    /// <summary>Gets the attempts whose output bound was lowered to what a budget could pay.</summary>
    public required long Lowered { get; init; }

    /// <summary>Gets the lowered attempts whose recorded answer was longer: it would have been cut.</summary>
    public required long Shortened { get; init; }

    /// <summary>Gets the attempts that had to wait for what others held.</summary>
    public required long Waited { get; init; }

    /// <summary>Gets what the ledger recorded as spent.</summary>
    public required decimal RecordedSpend { get; init; }

    public required decimal Spend { get; init; }

    public required IReadOnlyList<SimulatedBudget> Budgets { get; init; }

    public decimal RefusedShare => Calls == 0 ? 0m : (decimal)Refused / Calls;
}

/// <summary>What a budget refused in a replay.</summary>
internal sealed class SimulatedBudget(string name)
{
    private readonly Dictionary<string, SimulatedKey> _keys = new(StringComparer.Ordinal);

    public string Budget { get; } = name;

    public long Refused { get; private set; }

    /// <summary>Gets the attempts that an observing budget would have refused.</summary>
    public long WouldHaveRefused { get; private set; }

    public long Overruns { get; private set; }

    /// <summary>Gets the keys with a refusal, the most refused first.</summary>
    public IReadOnlyList<SimulatedKey> Keys => [.. _keys.Values.OrderByDescending(key => key.Refused).ThenBy(key => key.Key, StringComparer.Ordinal)];

    public void Add(BudgetEvent budgetEvent)
    {
        switch (budgetEvent.Kind)
        {
            case BudgetEventKind.WouldHaveRefused:
                WouldHaveRefused++;
                Affect(budgetEvent.Key, budgetEvent.At);
                break;
            case BudgetEventKind.Overrun:
                Overruns++;
                break;
        }
    }

    public void Refuse(string key, DateTimeOffset at)
    {
        Refused++;
        Affect(key, at);
    }

    private void Affect(string key, DateTimeOffset at) =>
        _keys[key] = _keys.TryGetValue(key, out SimulatedKey? known) ? known with { Refused = known.Refused + 1 } : new SimulatedKey(key, 1, at);
}

/// <summary>A key that a budget refused, or would have.</summary>
/// <param name="Key">The key; empty for a budget that is not divided.</param>
/// <param name="Refused">How many attempts.</param>
/// <param name="First">The first of them.</param>
internal sealed record SimulatedKey(string Key, long Refused, DateTimeOffset First);
