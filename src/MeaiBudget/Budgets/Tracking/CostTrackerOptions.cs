using Microsoft.Extensions.Logging;

namespace MeaiBudget;

/// <summary>Options of a <see cref="CostTracker"/>. They are read once, when the tracker is created.</summary>
public sealed class CostTrackerOptions
{
    /// <summary>Gets or sets the tracker's name; by default <see langword="null"/>, for the names of its budgets.</summary>
    /// <remarks>Trackers that share a ledger and serve the same calls need different names: the name is part of the ids of their reservations.</remarks>
    public string? Name { get; set; }

    /// <summary>Gets or sets the clock of the in-memory ledger that the tracker creates if none is given. A given ledger has its own clock.</summary>
    public TimeProvider? TimeProvider { get; set; }

    /// <summary>Gets the observers of refusals, thresholds, overruns, grants and other budget events.</summary>
    public IList<ICallObserver> Observers { get; } = [];

    /// <summary>Gets or sets the provider of limits for single keys; by default <see langword="null"/>, for the budgets' own limits.</summary>
    public IBudgetLimitProvider? LimitProvider { get; set; }

    /// <summary>Gets or sets how long a limit of <see cref="LimitProvider"/> is cached; 30 seconds by default. Zero disables the cache.</summary>
    public TimeSpan LimitCacheDuration { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Gets or sets how long a call waits for <see cref="LimitProvider"/>, more than zero; one second by default. Then the request is
    /// cancelled, and the last known limit, else the configured one, is used.
    /// </summary>
    public TimeSpan LimitTimeout
    {
        get;
        set
        {
            ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(value, TimeSpan.Zero);
            field = value;
        }
    } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Gets or sets a history beside the ledger, for a ledger that keeps no records of single attempts, such as Redis: every settled, expired
    /// and refused attempt is written to it in the background, by its id, so that a repetition changes nothing. <see langword="null"/>, the
    /// default, for the ledger's own.
    /// </summary>
    /// <remarks>
    /// A call never waits for it. At most 10,000 records wait; while the history is away longer, the oldest are dropped and counted in
    /// <see cref="MeaiBudgetDiagnostics.HistoryDroppedMetric"/>. A process that is killed loses what waits. The ledger loses nothing.
    /// </remarks>
    public ISpendHistory? History { get; set; }

    /// <summary>
    /// Gets the names of the tags that a ledger with records stores for reports, in addition to those that budgets partition by.
    /// Secrets in their values are redacted. Other tags of a request are not stored.
    /// </summary>
    public ISet<string> RecordedTags { get; } = new HashSet<string>(StringComparer.Ordinal);

    /// <summary>
    /// Gets the names of the tags of calls that are tags of <see cref="MeaiBudgetDiagnostics.CostMetric"/>, too; none by default. Name only tags with
    /// few values: beyond 200 values of a tag, costs are recorded under <c>other</c>. Secrets in their values are redacted.
    /// </summary>
    public ISet<string> MetricTags { get; } = new HashSet<string>(StringComparer.OrdinalIgnoreCase);

    /// <summary>Gets or sets the factory of the tracker's logger; by default <see langword="null"/>, for no logs.</summary>
    public ILoggerFactory? LoggerFactory { get; set; }
}
