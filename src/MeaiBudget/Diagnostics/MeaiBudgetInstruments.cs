using System.Diagnostics.Metrics;

namespace MeaiBudget;

/// <summary>The instruments of one meter.</summary>
internal sealed class MeaiBudgetInstruments
{
    // Costs range from a fraction of a cent to some dollars, and errors are around zero. The SDK's default buckets are for milliseconds.
    private static readonly InstrumentAdvice<double> CostAdvice = new()
    {
        HistogramBucketBoundaries = [0, 0.00001, 0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10],
    };

    private static readonly InstrumentAdvice<double> EstimateErrorAdvice = new()
    {
        HistogramBucketBoundaries = [-0.5, -0.25, -0.1, -0.05, -0.02, -0.01, 0, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1],
    };

    public MeaiBudgetInstruments(Meter meter)
    {
        Cost = meter.CreateHistogram(MeaiBudgetDiagnostics.CostMetric, "{USD}", "The cost of an attempt, recorded when it is settled.", tags: null, CostAdvice);
        Unpriced = meter.CreateCounter<long>(MeaiBudgetDiagnostics.UnpricedMetric, "{attempt}", "Settled attempts whose price is unknown.");
        Refusals = meter.CreateCounter<long>(MeaiBudgetDiagnostics.RefusalsMetric, "{refusal}", "Attempts that a budget refused, or would have refused if it did not only observe.");
        EstimateError = meter.CreateHistogram(MeaiBudgetDiagnostics.EstimateErrorMetric, "1", "Relative error of the estimated input tokens.", tags: null, EstimateErrorAdvice);
        CountCacheHits = meter.CreateCounter<long>(MeaiBudgetDiagnostics.CountCacheHitsMetric, "{lookup}", "Message parts whose token count was found in the cache.");
        CountCacheMisses = meter.CreateCounter<long>(MeaiBudgetDiagnostics.CountCacheMissesMetric, "{lookup}", "Message parts whose token count was not in the cache.");
        Retries = meter.CreateCounter<long>(MeaiBudgetDiagnostics.RetriesMetric, "{retry}", "Attempts repeated on the same route.");
        Fallbacks = meter.CreateCounter<long>(MeaiBudgetDiagnostics.FallbacksMetric, "{fallback}", "Calls that continued on another route after a failure.");
        CatalogReloads = meter.CreateCounter<long>(MeaiBudgetDiagnostics.CatalogReloadsMetric, "{reload}", "Attempts to reload a price catalog.");
        HistoryWaiting = meter.CreateUpDownCounter<long>(MeaiBudgetDiagnostics.HistoryWaitingMetric, "{record}", "Records that wait to be written to a history.");
        HistoryDropped = meter.CreateCounter<long>(MeaiBudgetDiagnostics.HistoryDroppedMetric, "{record}", "Records that were not written to a history.");

        Unbudgeted = meter.CreateCounter<long>(MeaiBudgetDiagnostics.UnbudgetedRequestsMetric, "{request}", "Requests to models that passed no budget.");

        // The instrument has no unit, because a budget counts dollars, tokens or requests. The tag has the unit.
        meter.CreateObservableGauge(MeaiBudgetDiagnostics.BudgetLimitMetric, () => MeasureBudgets(static budget => budget.Limit), null, "The current limit of a budget.");
        meter.CreateObservableGauge(MeaiBudgetDiagnostics.BudgetSpentMetric, () => MeasureBudgets(static budget => budget.Spent), null, "The amount charged in the budget's period.");
        meter.CreateObservableGauge(MeaiBudgetDiagnostics.BudgetReservedMetric, () => MeasureBudgets(static budget => budget.Reserved), null, "The amount that open reservations hold.");
        meter.CreateObservableGauge(MeaiBudgetDiagnostics.BudgetKeysMetric, MeasureKeys, "{key}", "The keys of a divided budget that have spend: all, near their limit, or spent.");
        meter.CreateObservableGauge(MeaiBudgetDiagnostics.BudgetKeyShareMetric, MeasureKeyShares, null, "The largest shares of their limits that the keys of a divided budget used.");
        meter.CreateObservableGauge(MeaiBudgetDiagnostics.CircuitStateMetric, MeasureCircuits, null, "The state of a route's circuit: 0 closed, 1 half open, 2 open.");
        meter.CreateObservableGauge(MeaiBudgetDiagnostics.CatalogAgeMetric, MeasureCatalogAge, "s", "The age of the oldest price catalog in use.");
    }

    public Histogram<double> Cost { get; }

    public Counter<long> Unpriced { get; }

    public Counter<long> Refusals { get; }

    public Histogram<double> EstimateError { get; }

    public Counter<long> CountCacheHits { get; }

    public Counter<long> CountCacheMisses { get; }

    public Counter<long> Retries { get; }

    public Counter<long> Fallbacks { get; }

    public Counter<long> CatalogReloads { get; }

    public UpDownCounter<long> HistoryWaiting { get; }

    public Counter<long> HistoryDropped { get; }

    public Counter<long> Unbudgeted { get; }

    // A replaced meter must not report any more, or every gauge would be reported twice.
    private bool IsCurrent => ReferenceEquals(this, MeaiBudgetDiagnostics.Instruments);

    private List<Measurement<double>> MeasureBudgets(Func<BudgetMeasurement, decimal?> amountOf)
    {
        var measurements = new List<Measurement<double>>();
        if (IsCurrent)
        {
            foreach (BudgetMeasurement budget in MeasurementSources.Collect<BudgetMeasurement>(static (source, into) => source.MeasureBudgets(into)))
            {
                if (amountOf(budget) is { } amount)
                {
                    measurements.Add(new(
                        (double)amount,
                        new KeyValuePair<string, object?>(MeaiBudgetDiagnostics.BudgetTag, MetricNames.Budgets.Of(budget.Budget)),
                        new KeyValuePair<string, object?>(MeaiBudgetDiagnostics.BudgetUnitTag, budget.Unit)));
                }
            }
        }

        return measurements;
    }

    private List<Measurement<int>> MeasureKeys()
    {
        var measurements = new List<Measurement<int>>();
        foreach ((string? budget, BudgetKeysMeasurement keys) in Keys())
        {
            foreach ((string state, int count) in ((string, int)[])[("all", keys.All), ("near", keys.Near), ("spent", keys.Spent)])
            {
                measurements.Add(new(count, new(MeaiBudgetDiagnostics.BudgetTag, budget), new KeyValuePair<string, object?>(MeaiBudgetDiagnostics.KeyStateTag, state)));
            }
        }

        return measurements;
    }

    private List<Measurement<double>> MeasureKeyShares()
    {
        var measurements = new List<Measurement<double>>();
        foreach ((string? budget, BudgetKeysMeasurement keys) in Keys())
        {
            for (int i = 0; i < keys.Largest.Count; i++)
            {
                measurements.Add(new(
                    (double)keys.Largest[i], new(MeaiBudgetDiagnostics.BudgetTag, budget), new KeyValuePair<string, object?>(MeaiBudgetDiagnostics.KeyRankTag, i + 1)));
            }
        }

        return measurements;
    }

    /// <summary>Collects the keys of divided budgets. Budgets beyond the bound of names share one, of which only the first is reported.</summary>
    private IEnumerable<(string? Budget, BudgetKeysMeasurement Keys)> Keys() => !IsCurrent
        ? []
        : MeasurementSources.Collect<BudgetMeasurement>(static (source, into) => source.MeasureBudgets(into))
            .Where(static budget => budget.Keys is not null)
            .Select(static budget => (MetricNames.Budgets.Of(budget.Budget), budget.Keys!))
            .DistinctBy(static budget => budget.Item1);

    private List<Measurement<int>> MeasureCircuits()
    {
        var measurements = new List<Measurement<int>>();
        if (IsCurrent)
        {
            // Several routes with one name share a series. It reports the worst state, because alerts depend on it.
            foreach (IGrouping<string, CircuitMeasurement> route in MeasurementSources
                .Collect<CircuitMeasurement>(static (source, into) => source.MeasureCircuits(into)).GroupBy(static circuit => circuit.Route, StringComparer.Ordinal))
            {
                measurements.Add(new(route.Max(static circuit => circuit.State), new KeyValuePair<string, object?>(MeaiBudgetDiagnostics.RouteTag, MetricNames.Routes.Of(route.Key))));
            }
        }

        return measurements;
    }

    private List<Measurement<double>> MeasureCatalogAge()
    {
        List<TimeSpan> ages = IsCurrent
            ? MeasurementSources.Collect<TimeSpan>(static (source, into) => source.MeasureCatalogAge(into))
            : [];
        return ages.Count == 0 ? [] : [new Measurement<double>(ages.Max().TotalSeconds)];
    }
}
