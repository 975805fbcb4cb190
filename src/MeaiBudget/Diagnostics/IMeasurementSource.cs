namespace MeaiBudget;

/// <summary>What the gauges ask when an exporter collects: a tracker for its budgets and catalog, a circuit for its state.</summary>
/// <remarks>
/// Called on the exporter's thread: implementations are thread-safe, quick, do no I/O (a ledger elsewhere answers with what was
/// last seen), and do not throw.
/// </remarks>
internal interface IMeasurementSource
{
    /// <summary>Adds a measurement for each budget; a partitioned budget adds one with the sums over its keys and no limit.</summary>
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

/// <summary>One budget at the moment of collection, in its unit: <c>USD</c>, <c>tokens</c> or <c>requests</c>.</summary>
internal readonly record struct BudgetMeasurement(string Budget, string Unit, decimal? Limit, decimal Spent, decimal Reserved);

/// <summary>One route's circuit at the moment of collection: 0 closed, 1 half open, 2 open.</summary>
internal readonly record struct CircuitMeasurement(string Route, int State);
