using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace MeaiBudget;

/// <summary>The names of everything that this library measures and traces, for dashboards, alerts and OpenTelemetry set-up.</summary>
/// <remarks>
/// <para>
/// Subscribe with <c>AddMeter(MeaiBudgetDiagnostics.MeterName)</c> and <c>AddSource(MeaiBudgetDiagnostics.ActivitySourceName)</c>.
/// OpenTelemetry's <c>gen_ai</c> metrics are left to <c>UseOpenTelemetry</c>: nothing here repeats them, and no estimate is ever
/// put into <c>gen_ai.client.token.usage</c>.
/// </para>
/// <para>No run, call, user or partition key is ever a metric tag: their number has no bound, and they may name a person.</para>
/// <para>Thread-safe.</para>
/// </remarks>
public static class MeaiBudgetDiagnostics
{
    /// <summary>The name of the meter.</summary>
    public const string MeterName = "MeaiBudget";

    /// <summary>The name of the activity source.</summary>
    public const string ActivitySourceName = "MeaiBudget";

    /// <summary>Activity: one call, with all its attempts.</summary>
    public const string CallActivityName = "meaibudget.call";

    /// <summary>Activity: one attempt of a call.</summary>
    public const string AttemptActivityName = "meaibudget.attempt";

    /// <summary>Histogram, US dollars: what an attempt cost when it was settled. An attempt without a known price is not recorded; one that is known to cost nothing is.</summary>
    public const string CostMetric = "meaibudget.client.cost";

    /// <summary>Gauge: the limit in force of a budget, in its unit (<see cref="BudgetUnitTag"/>).</summary>
    public const string BudgetLimitMetric = "meaibudget.budget.limit";

    /// <summary>Gauge: what is charged in a budget's period, in its unit (<see cref="BudgetUnitTag"/>).</summary>
    public const string BudgetSpentMetric = "meaibudget.budget.spent";

    /// <summary>Gauge: what open reservations hold of a budget, in its unit (<see cref="BudgetUnitTag"/>).</summary>
    public const string BudgetReservedMetric = "meaibudget.budget.reserved";

    /// <summary>Counter, refusals: attempts that a budget refused, or (observing) would have refused.</summary>
    public const string RefusalsMetric = "meaibudget.budget.refusals";

    /// <summary>Histogram, ratio: (estimated - reported) / max(reported, 100) of an attempt's input tokens; 0 is exact, 0.1 is ten percent too high.</summary>
    public const string EstimateErrorMetric = "meaibudget.estimate.error";

    /// <summary>Counter, look-ups: message parts whose token count was in the cache.</summary>
    public const string CountCacheHitsMetric = "meaibudget.count_cache.hits";

    /// <summary>Counter, look-ups: message parts that had to be counted.</summary>
    public const string CountCacheMissesMetric = "meaibudget.count_cache.misses";

    /// <summary>Counter, retries: attempts that were made again on the same route.</summary>
    public const string RetriesMetric = "meaibudget.retries";

    /// <summary>Counter, fallbacks: times that a call moved on to another route.</summary>
    public const string FallbacksMetric = "meaibudget.fallbacks";

    /// <summary>Gauge: a route's circuit: 0 closed, 1 half open, 2 open.</summary>
    public const string CircuitStateMetric = "meaibudget.circuit.state";

    /// <summary>Gauge, seconds: the age of the oldest price catalog in use.</summary>
    public const string CatalogAgeMetric = "meaibudget.catalog.age";

    /// <summary>Counter, reloads: times that a price catalog was loaded again, or refused so that the last good one stays.</summary>
    public const string CatalogReloadsMetric = "meaibudget.catalog.reloads";

    /// <summary>Tag: the route's name.</summary>
    public const string RouteTag = "meaibudget.route";

    /// <summary>Tag: the route that a call moved on from.</summary>
    public const string FromRouteTag = "meaibudget.route.from";

    /// <summary>Tag: the budget's name, without its partition key.</summary>
    public const string BudgetTag = "meaibudget.budget";

    /// <summary>Tag: the budget's unit: <c>USD</c>, <c>tokens</c> or <c>requests</c>.</summary>
    public const string BudgetUnitTag = "meaibudget.budget.unit";

    /// <summary>Tag: why a budget refused, a name of <c>RefusalReason</c>.</summary>
    public const string RefusalReasonTag = "meaibudget.refusal.reason";

    /// <summary>Tag: <c>true</c>, or <c>false</c> for a refusal that an observing budget only counted.</summary>
    public const string EnforcedTag = "meaibudget.enforced";

    /// <summary>Tag: the name of a price catalog's source.</summary>
    public const string CatalogSourceTag = "meaibudget.catalog.source";

    /// <summary>Tag: how a reload ended, <c>loaded</c> or <c>refused</c>.</summary>
    public const string CatalogResultTag = "meaibudget.catalog.result";

    /// <summary>Tag: how a cost is known, a name of <c>CostKind</c>.</summary>
    public const string CostKindTag = "meaibudget.cost.kind";

    /// <summary>Tag: where an estimate comes from, a name of <c>TokenEstimateSource</c>.</summary>
    public const string EstimateSourceTag = "meaibudget.estimate.source";

    /// <summary>Tag, of OpenTelemetry's conventions: the provider's name.</summary>
    public const string ProviderTag = "gen_ai.provider.name";

    /// <summary>Tag, of OpenTelemetry's conventions: the model that was asked.</summary>
    public const string RequestModelTag = "gen_ai.request.model";

    /// <summary>Tag, of OpenTelemetry's conventions: what kind of failure, a name of <c>ChatFailureKind</c>.</summary>
    public const string ErrorTypeTag = "error.type";

    /// <summary>Activity tag: what a call cost, in <see cref="UsageCostCurrencyTag"/> (proposed for OpenTelemetry's conventions).</summary>
    public const string UsageCostAmountTag = "gen_ai.usage.cost.amount";

    /// <summary>Activity tag: the currency of <see cref="UsageCostAmountTag"/>, ISO 4217; always <c>USD</c>.</summary>
    public const string UsageCostCurrencyTag = "gen_ai.usage.cost.currency";

    /// <summary>Activity tag: <c>provider</c> if the provider or its proxy stated the cost, else <c>local</c>.</summary>
    public const string UsageCostSourceTag = "gen_ai.usage.cost.source";

    private static readonly MeaiBudgetInstruments Default = new(new Meter(MeterName, Version));
    private static MeaiBudgetInstruments _current = Default;

    internal static ActivitySource ActivitySource { get; } = new(ActivitySourceName, Version);

    internal static string Version => typeof(MeaiBudgetDiagnostics).Assembly.GetName().Version?.ToString(3) ?? "0.0.0";

    internal static MeaiBudgetInstruments Instruments => Volatile.Read(ref _current);

    /// <summary>Records through a meter of the application's factory, until the result is disposed (with the container); then through the static meter again.</summary>
    internal static IDisposable UseMeterFactory(IMeterFactory factory)
    {
        ArgumentNullException.ThrowIfNull(factory);
        var instruments = new MeaiBudgetInstruments(factory.Create(new MeterOptions(MeterName) { Version = Version }));
        Volatile.Write(ref _current, instruments);
        return new MeterFactoryUse(instruments);
    }

    /// <summary>Lets the gauges ask a source for as long as it lives; only a weak reference is kept.</summary>
    internal static void Observe(IMeasurementSource source) => MeasurementSources.Add(source);

    /// <summary>Records what a settled attempt cost, in nano-dollars. Do not call it where the price is unknown.</summary>
    internal static void RecordCost<TKind>(long nanoDollars, TKind kind, string? route, string? provider, string? modelId)
        where TKind : struct, Enum
    {
        MeaiBudgetInstruments instruments = Instruments;
        if (instruments.Cost.Enabled)
        {
            // Metrics have no decimal type. The exact amount is in the ledger.
            instruments.Cost.Record(
                (double)(nanoDollars / 1_000_000_000m),
                new(RouteTag, route),
                new(ProviderTag, provider),
                new(RequestModelTag, modelId),
                new(CostKindTag, kind.ToString()));
        }
    }

    /// <summary>Counts an attempt that a budget refused or, in observing mode, would have refused.</summary>
    internal static void RecordRefusal<TReason>(string budget, TReason reason, bool isEnforced = true)
        where TReason : struct, Enum
    {
        MeaiBudgetInstruments instruments = Instruments;
        if (instruments.Refusals.Enabled)
        {
            instruments.Refusals.Add(1, new(BudgetTag, budget), new(RefusalReasonTag, reason.ToString()), new(EnforcedTag, isEnforced ? "true" : "false"));
        }
    }

    /// <summary>Records how far an estimate was from the input tokens that the provider reported.</summary>
    internal static void RecordEstimateError<TSource>(long estimatedInputTokens, long reportedInputTokens, string? provider, string? modelId, TSource source)
        where TSource : struct, Enum
    {
        MeaiBudgetInstruments instruments = Instruments;
        if (instruments.EstimateError.Enabled)
        {
            instruments.EstimateError.Record(
                (estimatedInputTokens - reportedInputTokens) / (double)Math.Max(reportedInputTokens, 100),
                new(ProviderTag, provider),
                new(RequestModelTag, modelId),
                new(EstimateSourceTag, source.ToString()));
        }
    }

    /// <summary>A request was estimated: so many of its parts were in the count cache, and so many were not.</summary>
    internal static void RecordCountCache(int hits, int misses)
    {
        MeaiBudgetInstruments instruments = Instruments;
        if (hits > 0)
        {
            instruments.CountCacheHits.Add(hits);
        }

        if (misses > 0)
        {
            instruments.CountCacheMisses.Add(misses);
        }
    }

    /// <summary>Counts an attempt that is made again on the same route.</summary>
    internal static void RecordRetry<TFailure>(string? route, TFailure because)
        where TFailure : struct, Enum
    {
        MeaiBudgetInstruments instruments = Instruments;
        if (instruments.Retries.Enabled)
        {
            instruments.Retries.Add(1, new(RouteTag, route), new(ErrorTypeTag, because.ToString()));
        }
    }

    /// <summary>Counts a call that moves on to another route.</summary>
    internal static void RecordFallback<TFailure>(string? fromRoute, string? toRoute, TFailure because)
        where TFailure : struct, Enum
    {
        MeaiBudgetInstruments instruments = Instruments;
        if (instruments.Fallbacks.Enabled)
        {
            instruments.Fallbacks.Add(1, new(FromRouteTag, fromRoute), new(RouteTag, toRoute), new(ErrorTypeTag, because.ToString()));
        }
    }

    /// <summary>A price catalog was loaded again, or refused.</summary>
    internal static void RecordCatalogReload(string source, bool isRefused)
    {
        MeaiBudgetInstruments instruments = Instruments;
        if (instruments.CatalogReloads.Enabled)
        {
            instruments.CatalogReloads.Add(1, new(CatalogSourceTag, source), new(CatalogResultTag, isRefused ? "refused" : "loaded"));
        }
    }

    /// <summary>Puts a cost in US dollars on an activity, by the names proposed for OpenTelemetry's conventions.</summary>
    internal static void TagCost(Activity? activity, decimal amount, bool isProviderStated)
    {
        if (activity is { IsAllDataRequested: true })
        {
            activity.SetTag(UsageCostAmountTag, (double)amount);
            activity.SetTag(UsageCostCurrencyTag, "USD");
            activity.SetTag(UsageCostSourceTag, isProviderStated ? "provider" : "local");
        }
    }

    private sealed class MeterFactoryUse(MeaiBudgetInstruments instruments) : IDisposable
    {
        // The factory disposes its meter; a later container's meter, if there is one by now, stays.
        public void Dispose() => Interlocked.CompareExchange(ref _current, Default, instruments);
    }
}
