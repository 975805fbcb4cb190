namespace MeaiBudget.Tool;

/// <summary>The result of a replay. Amounts are US dollars.</summary>
internal sealed record SimulationResult
{
    public required long Calls { get; init; }

    /// <summary>The calls with a refused attempt and no answer.</summary>
    public required long Refused { get; init; }

    /// <summary>The calls with a refused attempt that another route answered.</summary>
    public required long Switched { get; init; }

    /// <summary>The attempts whose output limit was lowered to what a budget could pay.</summary>
    public required long Lowered { get; init; }

    /// <summary>The lowered attempts whose recorded answer was longer, so that it would have been truncated.</summary>
    public required long Shortened { get; init; }

    /// <summary>The attempts that waited for other reservations.</summary>
    public required long Waited { get; init; }

    /// <summary>The spend recorded in the ledger.</summary>
    public required decimal RecordedSpend { get; init; }

    public required decimal Spend { get; init; }

    public required IReadOnlyList<SimulatedBudget> Budgets { get; init; }

    public decimal RefusedShare => Calls == 0 ? 0m : (decimal)Refused / Calls;
}

/// <summary>The refusals of a budget in a replay.</summary>
internal sealed class SimulatedBudget(string name)
{
    private readonly Dictionary<string, SimulatedKey> _keys = new(StringComparer.Ordinal);

    public string Budget { get; } = name;

    public long Refused { get; private set; }

    /// <summary>The attempts that an observing budget would have refused.</summary>
    public long WouldHaveRefused { get; private set; }

    public long Overruns { get; private set; }

    /// <summary>The keys with refusals, ordered by descending number of refusals.</summary>
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

/// <summary>A key that a budget refused, or would have refused.</summary>
/// <param name="Key">The key; empty for a budget without a partition.</param>
/// <param name="Refused">The number of refused attempts.</param>
/// <param name="First">The time of the first refused attempt.</param>
internal sealed record SimulatedKey(string Key, long Refused, DateTimeOffset First);
