using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace MeaiBudget;

/// <summary>Names of the library's meter, activity source, instruments and tags, for OpenTelemetry set-up, dashboards and alerts.</summary>
/// <remarks>
/// <para>
/// Subscribe with <c>AddMeter(MeaiBudgetDiagnostics.MeterName)</c> and <c>AddSource(MeaiBudgetDiagnostics.ActivitySourceName)</c>.
/// The library does not record OpenTelemetry's <c>gen_ai</c> metrics; use <c>UseOpenTelemetry</c> for them. Estimated token counts
/// are never recorded in <c>gen_ai.client.token.usage</c>.
/// </para>
/// <para>
/// Runs, calls, users and partition keys are never metric tags: their number is unbounded, and they may identify a person. Tags of calls
/// are metric tags only if <c>CostTrackerOptions.MetricTags</c> names them. Each metric tag has at most 200 values in a process, because
/// callers may choose models; later values are recorded as <c>other</c>.
/// </para>
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

    /// <summary>Activity event: a request to a model passed no budget. It is added to the activity that is current when the request is sent.</summary>
    public const string UnbudgetedRequestEventName = "meaibudget.unbudgeted_request";

    /// <summary>Activity: one attempt of a call.</summary>
    public const string AttemptActivityName = "meaibudget.attempt";

    /// <summary>
    /// Histogram, US dollars: the cost of an attempt, recorded when it is settled. An attempt with an unknown price is not recorded; an
    /// attempt that costs nothing is recorded as 0.
    /// </summary>
    public const string CostMetric = "meaibudget.client.cost";

    /// <summary>
    /// Counter, attempts: settled attempts of calls with a budget whose price is unknown, so that <see cref="CostMetric"/> has no cost for them
    /// and their budgets count zero dollars.
    /// </summary>
    public const string UnpricedMetric = "meaibudget.client.unpriced";

    /// <summary>Gauge: the current limit of a budget, in its unit (<see cref="BudgetUnitTag"/>).</summary>
    public const string BudgetLimitMetric = "meaibudget.budget.limit";

    /// <summary>Gauge: the amount charged to a budget in its period, in its unit (<see cref="BudgetUnitTag"/>).</summary>
    public const string BudgetSpentMetric = "meaibudget.budget.spent";

    /// <summary>Gauge: the amount that open reservations hold in a budget, in its unit (<see cref="BudgetUnitTag"/>).</summary>
    public const string BudgetReservedMetric = "meaibudget.budget.reserved";

    /// <summary>Gauge, keys: the keys of a divided budget that have spend, by <see cref="KeyStateTag"/>.</summary>
    public const string BudgetKeysMetric = "meaibudget.budget.keys";

    /// <summary>Gauge: the shares of their limits (1 is all) that the keys of a divided budget used: the five largest, by <see cref="KeyRankTag"/>.</summary>
    public const string BudgetKeyShareMetric = "meaibudget.budget.key.share";

    /// <summary>Counter, refusals: attempts that a budget refused, or would have refused if it did not only observe.</summary>
    public const string RefusalsMetric = "meaibudget.budget.refusals";

    /// <summary>Histogram, ratio: (estimated - reported) / max(reported, 100) of an attempt's input tokens. 0 means exact, 0.1 means ten percent too high.</summary>
    public const string EstimateErrorMetric = "meaibudget.estimate.error";

    /// <summary>Counter, look-ups: message parts whose token count was found in the cache.</summary>
    public const string CountCacheHitsMetric = "meaibudget.count_cache.hits";

    /// <summary>Counter, look-ups: message parts whose token count was not in the cache and had to be computed.</summary>
    public const string CountCacheMissesMetric = "meaibudget.count_cache.misses";

    /// <summary>Counter, retries: attempts repeated on the same route.</summary>
    public const string RetriesMetric = "meaibudget.retries";

    /// <summary>Counter, fallbacks: calls that continued on another route after a failure.</summary>
    public const string FallbacksMetric = "meaibudget.fallbacks";

    /// <summary>Gauge: the state of a route's circuit: 0 closed, 1 half open, 2 open.</summary>
    public const string CircuitStateMetric = "meaibudget.circuit.state";

    /// <summary>Gauge, seconds: the age of the oldest price catalog in use.</summary>
    public const string CatalogAgeMetric = "meaibudget.catalog.age";

    /// <summary>Counter, reloads: attempts to reload a price catalog. A rejected reload keeps the last valid catalog.</summary>
    public const string CatalogReloadsMetric = "meaibudget.catalog.reloads";

    /// <summary>Up-down counter, records: what waits to be written to a history, at most 10,000 for each.</summary>
    public const string HistoryWaitingMetric = "meaibudget.history.waiting";

    /// <summary>Counter, records: what was not written to a history, because it was away too long or refused it.</summary>
    public const string HistoryDroppedMetric = "meaibudget.history.dropped";

    /// <summary>Counter, requests: requests to models that a <c>ChatWireHandler</c> saw and that passed no budget, by <see cref="UnbudgetedCauseTag"/>.</summary>
    public const string UnbudgetedRequestsMetric = "meaibudget.unbudgeted_requests";

    /// <summary>Tag: why a request passed no budget: <c>no_pipeline</c> (no layer of this library made it) or <c>no_budget</c> (its pipeline has none).</summary>
    public const string UnbudgetedCauseTag = "meaibudget.unbudgeted.cause";

    /// <summary>Tag of OpenTelemetry's semantic conventions: the host that a request goes to.</summary>
    public const string ServerAddressTag = "server.address";

    /// <summary>Tag: what is counted of a divided budget's keys: <c>all</c>, <c>near</c> (80 % of the limit or more) or <c>spent</c>.</summary>
    public const string KeyStateTag = "meaibudget.budget.key.state";

    /// <summary>Tag: the place of a key among those of a divided budget, 1 for the one that used the largest share. The key itself is never a tag.</summary>
    public const string KeyRankTag = "meaibudget.budget.key.rank";

    /// <summary>Tag: the route's name.</summary>
    public const string RouteTag = "meaibudget.route";

    /// <summary>Tag: the route that failed before a fallback.</summary>
    public const string FromRouteTag = "meaibudget.route.from";

    /// <summary>Tag: the budget's name, without its partition key.</summary>
    public const string BudgetTag = "meaibudget.budget";

    /// <summary>Tag: the budget's unit: <c>USD</c>, <c>tokens</c> or <c>requests</c>.</summary>
    public const string BudgetUnitTag = "meaibudget.budget.unit";

    /// <summary>Tag: the reason of a refusal, a member name of <c>RefusalReason</c>.</summary>
    public const string RefusalReasonTag = "meaibudget.refusal.reason";

    /// <summary>Tag: <c>true</c> if the refusal was enforced; <c>false</c> if it was only counted.</summary>
    public const string EnforcedTag = "meaibudget.enforced";

    /// <summary>Tag: the name of a price catalog's source.</summary>
    public const string CatalogSourceTag = "meaibudget.catalog.source";

    /// <summary>Tag: the result of a reload, <c>loaded</c> or <c>refused</c>.</summary>
    public const string CatalogResultTag = "meaibudget.catalog.result";

    /// <summary>Tag: how the cost was determined, a member name of <c>CostKind</c>.</summary>
    public const string CostKindTag = "meaibudget.cost.kind";

    /// <summary>Tag: the source of an estimate, a member name of <c>TokenEstimateSource</c>.</summary>
    public const string EstimateSourceTag = "meaibudget.estimate.source";

    /// <summary>Tag of OpenTelemetry's semantic conventions: the provider's name.</summary>
    public const string ProviderTag = "gen_ai.provider.name";

    /// <summary>Tag of OpenTelemetry's semantic conventions: the requested model.</summary>
    public const string RequestModelTag = "gen_ai.request.model";

    /// <summary>Tag of OpenTelemetry's semantic conventions: the kind of failure, a member name of <c>ChatFailureKind</c>.</summary>
    public const string ErrorTypeTag = "error.type";

    /// <summary>Activity tag: the cost of an attempt, in <see cref="UsageCostCurrencyTag"/> (proposed for OpenTelemetry's semantic conventions).</summary>
    public const string UsageCostAmountTag = "gen_ai.usage.cost.amount";

    /// <summary>Activity tag: the currency of <see cref="UsageCostAmountTag"/> as an ISO 4217 code; always <c>USD</c>.</summary>
    public const string UsageCostCurrencyTag = "gen_ai.usage.cost.currency";

    /// <summary>Activity tag: <c>provider</c> if the provider or its proxy reported the cost, otherwise <c>local</c>.</summary>
    public const string UsageCostSourceTag = "gen_ai.usage.cost.source";

    /// <summary>Tag of OpenTelemetry's semantic conventions: the operation, for example <c>chat</c> or <c>embeddings</c>.</summary>
    public const string OperationNameTag = "gen_ai.operation.name";

    /// <summary>Activity tag of OpenTelemetry's semantic conventions: the input tokens read from a cache; a part of the input tokens.</summary>
    public const string CacheReadTokensTag = "gen_ai.usage.cache_read.input_tokens";

    /// <summary>Activity tag of OpenTelemetry's semantic conventions: the input tokens written to a cache; a part of the input tokens.</summary>
    public const string CacheCreationTokensTag = "gen_ai.usage.cache_creation.input_tokens";

    /// <summary>
    /// Activity tag: the sum of the costs of the attempts below an activity, in US dollars: on a call's activity, and on the application's if
    /// <c>RedactedLoggingOptions.AddCostToActivity</c> is set. It has another name than <see cref="UsageCostAmountTag"/>, which stands on the
    /// attempts, so that a sum over all activities counts no cost twice.
    /// </summary>
    public const string CostSumTag = "meaibudget.cost.sum";

    /// <summary>The beginning of the names of tags of calls that <c>CostTrackerOptions.MetricTags</c> adds to <see cref="CostMetric"/>.</summary>
    public const string CallTagPrefix = "meaibudget.tag.";

    /// <summary>
    /// The name of an <see cref="AppContext"/> switch. If it is <c>false</c>, costs on activities are named <c>meaibudget.usage.cost.*</c>, not
    /// <c>gen_ai.usage.cost.*</c>, which is a proposal to the conventions and may change. Default: <c>true</c>.
    /// </summary>
    public const string ConventionNamesSwitch = "MeaiBudget.UseGenAICostNames";

    private static readonly MeaiBudgetInstruments Default = new(new Meter(MeterName, Version));
    private static MeaiBudgetInstruments _current = Default;

    internal static ActivitySource ActivitySource { get; } = new(ActivitySourceName, Version);

    internal static string Version => typeof(MeaiBudgetDiagnostics).Assembly.GetName().Version?.ToString(3) ?? "0.0.0";

    internal static MeaiBudgetInstruments Instruments => Volatile.Read(ref _current);

    /// <summary>Records through a meter of the application's factory until the returned object is disposed, then through the static meter again.</summary>
    internal static IDisposable UseMeterFactory(IMeterFactory factory)
    {
        ArgumentNullException.ThrowIfNull(factory);
        var instruments = new MeaiBudgetInstruments(factory.Create(new MeterOptions(MeterName) { Version = Version }));
        Volatile.Write(ref _current, instruments);
        return new MeterFactoryUse(instruments);
    }

    /// <summary>Adds a source to the gauges. Only a weak reference is kept.</summary>
    internal static void Observe(IMeasurementSource source) => MeasurementSources.Add(source);

    /// <summary>Records the cost of a settled attempt, in nano-dollars. Must not be called for an unknown price.</summary>
    internal static void RecordCost<TKind>(
        long nanoDollars, TKind kind, string? route, string? provider, string? modelId, string? operation = null, IReadOnlyList<KeyValuePair<string, string>>? callTags = null)
        where TKind : struct, Enum
    {
        MeaiBudgetInstruments instruments = Instruments;
        if (instruments.Cost.Enabled)
        {
            var tags = new TagList
            {
                { RouteTag, MetricNames.Routes.Of(route) },
                { ProviderTag, MetricNames.Providers.Of(provider) },
                { RequestModelTag, MetricNames.Models.Of(modelId) },
                { OperationNameTag, operation ?? "chat" },
                { CostKindTag, kind.ToString() },
            };
            foreach ((string name, string value) in callTags ?? [])
            {
                tags.Add(CallTagPrefix + name, MetricNames.OfCallTag(name).Of(value));
            }

            // Metrics have no decimal type. The ledger has the exact amount.
            instruments.Cost.Record((double)(nanoDollars / 1_000_000_000m), tags);
        }
    }

    /// <summary>Counts a settled attempt whose price is unknown.</summary>
    internal static void RecordUnpriced(string? route, string? provider, string? modelId, string? operation = null)
    {
        MeaiBudgetInstruments instruments = Instruments;
        if (instruments.Unpriced.Enabled)
        {
            instruments.Unpriced.Add(1, new TagList
            {
                { RouteTag, MetricNames.Routes.Of(route) },
                { ProviderTag, MetricNames.Providers.Of(provider) },
                { RequestModelTag, MetricNames.Models.Of(modelId) },
                { OperationNameTag, operation ?? "chat" },
            });
        }
    }

    /// <summary>Counts an attempt that a budget refused or, if it only observes, would have refused.</summary>
    internal static void RecordRefusal<TReason>(string budget, TReason reason, bool isEnforced = true)
        where TReason : struct, Enum
    {
        MeaiBudgetInstruments instruments = Instruments;
        if (instruments.Refusals.Enabled)
        {
            instruments.Refusals.Add(1, new(BudgetTag, MetricNames.Budgets.Of(budget)), new(RefusalReasonTag, reason.ToString()), new(EnforcedTag, isEnforced ? "true" : "false"));
        }
    }

    /// <summary>Records the relative difference between estimated and reported input tokens.</summary>
    internal static void RecordEstimateError<TSource>(long estimatedInputTokens, long reportedInputTokens, string? provider, string? modelId, TSource source, string? operation = null)
        where TSource : struct, Enum
    {
        MeaiBudgetInstruments instruments = Instruments;
        if (instruments.EstimateError.Enabled)
        {
            instruments.EstimateError.Record(
                (estimatedInputTokens - reportedInputTokens) / (double)Math.Max(reportedInputTokens, 100),
                new TagList
                {
                    { ProviderTag, MetricNames.Providers.Of(provider) },
                    { RequestModelTag, MetricNames.Models.Of(modelId) },
                    { OperationNameTag, operation ?? "chat" },
                    { EstimateSourceTag, source.ToString() },
                });
        }
    }

    /// <summary>Counts the message parts of a request whose token count was, and was not, in the cache.</summary>
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

    /// <summary>Counts a retry on the same route.</summary>
    internal static void RecordRetry<TFailure>(string? route, TFailure because)
        where TFailure : struct, Enum
    {
        MeaiBudgetInstruments instruments = Instruments;
        if (instruments.Retries.Enabled)
        {
            instruments.Retries.Add(1, new(RouteTag, MetricNames.Routes.Of(route)), new(ErrorTypeTag, because.ToString()));
        }
    }

    /// <summary>Counts a call that continues on another route.</summary>
    internal static void RecordFallback<TFailure>(string? fromRoute, string? toRoute, TFailure because)
        where TFailure : struct, Enum
    {
        MeaiBudgetInstruments instruments = Instruments;
        if (instruments.Fallbacks.Enabled)
        {
            instruments.Fallbacks.Add(1, new(FromRouteTag, MetricNames.Routes.Of(fromRoute)), new(RouteTag, MetricNames.Routes.Of(toRoute)), new(ErrorTypeTag, because.ToString()));
        }
    }

    /// <summary>Counts records that wait to be written to a history, and those that are not written.</summary>
    internal static void RecordHistory(int waiting, int dropped)
    {
        MeaiBudgetInstruments instruments = Instruments;
        if (waiting != 0)
        {
            instruments.HistoryWaiting.Add(waiting);
        }

        if (dropped > 0)
        {
            instruments.HistoryDropped.Add(dropped);
        }
    }

    /// <summary>Counts a request that passed no budget, and adds an event to the current activity.</summary>
    internal static void RecordUnbudgeted(string host, string cause, bool isRefused)
    {
        KeyValuePair<string, object?> server = new(ServerAddressTag, MetricNames.Hosts.Of(host));
        KeyValuePair<string, object?> because = new(UnbudgetedCauseTag, cause);
        KeyValuePair<string, object?> enforced = new(EnforcedTag, isRefused ? "true" : "false");
        MeaiBudgetInstruments instruments = Instruments;
        if (instruments.Unbudgeted.Enabled)
        {
            instruments.Unbudgeted.Add(1, server, because, enforced);
        }

        if (Activity.Current is { IsAllDataRequested: true } activity)
        {
            activity.AddEvent(new ActivityEvent(UnbudgetedRequestEventName, tags: new() { server, because, enforced }));
        }
    }

    /// <summary>Counts a price catalog reload that succeeded or was rejected.</summary>
    internal static void RecordCatalogReload(string source, bool isRefused)
    {
        MeaiBudgetInstruments instruments = Instruments;
        if (instruments.CatalogReloads.Enabled)
        {
            instruments.CatalogReloads.Add(1, new(CatalogSourceTag, source), new(CatalogResultTag, isRefused ? "refused" : "loaded"));
        }
    }

    /// <summary>Sets the cost in US dollars on an activity, under the names proposed for OpenTelemetry's semantic conventions.</summary>
    internal static void TagCost(Activity? activity, decimal amount, bool isProviderStated)
    {
        if (activity is not { IsAllDataRequested: true })
        {
            return;
        }

        bool isConventional = !AppContext.TryGetSwitch(ConventionNamesSwitch, out bool isEnabled) || isEnabled;
        activity.SetTag(isConventional ? UsageCostAmountTag : "meaibudget.usage.cost.amount", (double)amount);
        activity.SetTag(isConventional ? UsageCostCurrencyTag : "meaibudget.usage.cost.currency", "USD");
        activity.SetTag(isConventional ? UsageCostSourceTag : "meaibudget.usage.cost.source", isProviderStated ? "provider" : "local");
    }

    private sealed class MeterFactoryUse(MeaiBudgetInstruments instruments) : IDisposable
    {
        // The factory disposes its own meter. If another container has set its meter since, that meter stays.
        public void Dispose() => Interlocked.CompareExchange(ref _current, Default, instruments);
    }
}
