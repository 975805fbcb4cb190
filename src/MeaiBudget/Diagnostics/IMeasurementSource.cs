namespace MeaiBudget;

/// <summary>Source of the observable gauges' measurements: a tracker measures its budgets and price catalogs, a circuit its state.</summary>
/// <remarks>
/// Called on the exporter's thread. Implementations are thread-safe and fast, do no I/O (a remote ledger reports the last state
/// that it read), and do not throw.
/// </remarks>
internal interface IMeasurementSource
{
    /// <summary>Adds a measurement for each budget. A partitioned budget adds one: the sums over its keys, without a limit.</summary>
    void MeasureBudgets(ICollection<BudgetMeasurement> into)
    {
    }

    /// <summary>Adds a measurement for each circuit.</summary>
    void MeasureCircuits(ICollection<CircuitMeasurement> into)
    {
    }

    /// <summary>Adds the age of each price catalog.</summary>
    void MeasureCatalogAge(ICollection<TimeSpan> into)
    {
    }
}

/// <summary>State of one budget at collection, in its unit: <c>USD</c>, <c>tokens</c> or <c>requests</c>.</summary>
internal readonly record struct BudgetMeasurement(string Budget, string Unit, decimal? Limit, decimal Spent, decimal Reserved)
{
    /// <summary>Gets the keys of a divided budget: how many there are, and the shares of the limit that they used; <see langword="null"/> for another budget.</summary>
    public BudgetKeysMeasurement? Keys { get; init; }
}

/// <summary>The keys of a divided budget at collection, as a bounded number of figures: no key has a series of its own.</summary>
/// <param name="All">The keys with spend or reservations.</param>
/// <param name="Near">Those that used 80 % of their limit or more.</param>
/// <param name="Spent">Those that used all of it.</param>
/// <param name="Largest">The largest shares, in descending order, at most <see cref="Most"/>.</param>
internal sealed record BudgetKeysMeasurement(int All, int Near, int Spent, IReadOnlyList<decimal> Largest)
{
    public const int Most = 5;
}

/// <summary>State of one route's circuit at collection: 0 closed, 1 half open, 2 open.</summary>
internal readonly record struct CircuitMeasurement(string Route, int State);
