using Microsoft.Extensions.Logging;

namespace MeaiBudget;

/// <summary>Settings of a <see cref="CostTracker"/>; read once, when the tracker is made.</summary>
public sealed class CostTrackerOptions
{
    /// <summary>Gets or sets the tracker's name; <see langword="null"/> for the names of its budgets.</summary>
    /// <remarks>Trackers that share a ledger and stand on one path need names of their own: by it a ledger tells their reservations apart.</remarks>
    public string? Name { get; set; }

    /// <summary>Gets or sets the clock of the in-memory ledger that is made where none is given; a given ledger brings its own.</summary>
    public TimeProvider? TimeProvider { get; set; }

    /// <summary>Gets the observers that are told of refusals, thresholds, overruns, grants and the like.</summary>
    public IList<ICallObserver> Observers { get; } = [];

    /// <summary>Gets or sets what says a budget's limit for one key; <see langword="null"/> for the budget's own.</summary>
    public IBudgetLimitProvider? LimitProvider { get; set; }

    /// <summary>Gets or sets how long an answer of <see cref="LimitProvider"/> is used; 30 seconds by default, zero for asking every time.</summary>
    public TimeSpan LimitCacheDuration { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Gets the names of tags that a ledger that keeps records writes down for reports, besides those that budgets are divided by.
    /// Their values pass the redactor; no other tag of a request is written down.
    /// </summary>
    public ISet<string> RecordedTags { get; } = new HashSet<string>(StringComparer.Ordinal);

    /// <summary>Gets or sets where the tracker logs what goes wrong; <see langword="null"/> for nowhere.</summary>
    public ILoggerFactory? LoggerFactory { get; set; }
}
