using System.Collections.Immutable;

namespace MeaiBudget;

/// <summary>A limit on what may be spent, and the rules of keeping it.</summary>
/// <remarks>
/// Immutable and thread-safe: every change makes a new budget, by the methods here or by <c>with</c>. Amounts are US dollars; a
/// limit of <see langword="null"/> is none, and a limit of zero blocks everything that costs something.
/// </remarks>
public sealed record Budget
{
    private static readonly ImmutableArray<decimal> DefaultThresholds = [0.5m, 0.8m, 1m];

    private Budget(string name, decimal? limit, BudgetPeriod period)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        Name = name;
        Limit = limit;
        Period = period;
    }

    /// <summary>Gets the name, by which ledgers know the budget: the same name finds the same spend again.</summary>
    public string Name { get; }

    /// <summary>Gets the period.</summary>
    public BudgetPeriod Period { get; }

    /// <summary>Gets the limit of a period in US dollars; <see langword="null"/> for none.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The limit is negative or above nine billion dollars.</exception>
    public decimal? Limit
    {
        get;
        init
        {
            if (value is < 0m)
            {
                throw new ArgumentOutOfRangeException(
                    nameof(Limit), value, $"The limit of the budget '{Name}' is negative. Zero blocks everything paid; null is no limit.");
            }

            ArgumentOutOfRangeException.ThrowIfGreaterThan(value ?? 0m, 9_000_000_000m, nameof(Limit));
            field = value;
        }
    }

    /// <summary>Gets the limit of a period in tokens, input and output together; <see langword="null"/> for none.</summary>
    public long? TokenLimit
    {
        get;
        init => field = NotNegative(value, nameof(TokenLimit));
    }

    /// <summary>Gets the limit of a period in requests; <see langword="null"/> for none.</summary>
    public long? RequestLimit
    {
        get;
        init => field = NotNegative(value, nameof(RequestLimit));
    }

    /// <summary>Gets what the limit is divided by: each combination of values has the limit for itself.</summary>
    internal ImmutableArray<BudgetDimension> PartitionBy { get; init; } = [];

    /// <summary>Gets the time zone whose midnight resets a calendar budget; UTC by default.</summary>
    public TimeZoneInfo TimeZone { get; init; } = TimeZoneInfo.Utc;

    /// <summary>Gets what the budget does when it is exceeded.</summary>
    public Enforcement Enforcement { get; init; } = Enforcement.Enforce;

    /// <summary>Gets what the budget does with a model without a known price. Observing and warning budgets refuse nothing in any case.</summary>
    public UnknownPriceBehavior UnknownPriceBehavior { get; init; } = MeaiBudget.UnknownPriceBehavior.Deny;

    /// <summary>Gets what an enforcing budget does with input that cannot be bounded.</summary>
    public UnboundedInputBehavior UnboundedInputBehavior { get; init; }

    /// <summary>
    /// Gets what the budget does when its ledger cannot be asked; <see langword="null"/> for the default, which is
    /// <see cref="LedgerFailureBehavior.Deny"/> for an enforcing budget and <see cref="LedgerFailureBehavior.Allow"/> for every other.
    /// </summary>
    public LedgerFailureBehavior? LedgerFailureBehavior { get; init; }

    /// <summary>Gets how long a call waits for money that others hold; 2 seconds by default, finite, zero for not at all.</summary>
    public TimeSpan MaxWait
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, TimeSpan.Zero, nameof(MaxWait));
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value, TimeSpan.FromHours(1), nameof(MaxWait));
            field = value;
        }
    } = TimeSpan.FromSeconds(2);

    /// <summary>Gets the shares of the limit at which an event is raised, once a period each; 0.5, 0.8 and 1 by default.</summary>
    public ImmutableArray<decimal> Thresholds
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value.Length, 64, nameof(Thresholds));
            foreach (decimal threshold in value)
            {
                ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(threshold, 0m, nameof(Thresholds));
            }

            field = [.. value.Order()];
        }
    } = DefaultThresholds;

    /// <summary>Gets a value indicating whether the ledger's absence refuses.</summary>
    internal bool DeniesWithoutLedger =>
        (LedgerFailureBehavior ?? (Enforcement == Enforcement.Enforce ? MeaiBudget.LedgerFailureBehavior.Deny : MeaiBudget.LedgerFailureBehavior.Allow)) == MeaiBudget.LedgerFailureBehavior.Deny;

    /// <summary>Makes a budget for each clock hour.</summary>
    /// <param name="name">The name.</param>
    /// <param name="limit">The limit in US dollars; <see langword="null"/> for none.</param>
    /// <returns>The budget.</returns>
    public static Budget Hourly(string name, decimal? limit) => new(name, limit, BudgetPeriod.Hour);

    /// <summary>Makes a budget for each calendar day.</summary>
    /// <param name="name">The name.</param>
    /// <param name="limit">The limit in US dollars; <see langword="null"/> for none.</param>
    /// <returns>The budget.</returns>
    public static Budget Daily(string name, decimal? limit) => new(name, limit, BudgetPeriod.Day);

    /// <summary>Makes a budget for each calendar week.</summary>
    /// <param name="name">The name.</param>
    /// <param name="limit">The limit in US dollars; <see langword="null"/> for none.</param>
    /// <param name="weekStart">The day on which the week begins.</param>
    /// <returns>The budget.</returns>
    public static Budget Weekly(string name, decimal? limit, DayOfWeek weekStart = DayOfWeek.Monday) =>
        new(name, limit, BudgetPeriod.Week(weekStart));

    /// <summary>Makes a budget for each calendar month.</summary>
    /// <param name="name">The name.</param>
    /// <param name="limit">The limit in US dollars; <see langword="null"/> for none.</param>
    /// <returns>The budget.</returns>
    public static Budget Monthly(string name, decimal? limit) => new(name, limit, BudgetPeriod.Month);

    /// <summary>Makes a budget over the last so-and-so long, at any moment.</summary>
    /// <param name="name">The name.</param>
    /// <param name="limit">The limit in US dollars; <see langword="null"/> for none.</param>
    /// <param name="span">How far it looks back, from one second to ten years.</param>
    /// <returns>The budget.</returns>
    public static Budget Rolling(string name, decimal? limit, TimeSpan span) => new(name, limit, BudgetPeriod.Rolling(span));

    /// <summary>Makes a budget for each run; outside any run, each call is one.</summary>
    /// <remarks>A nested run has the limit for itself and counts against that of the runs around it.</remarks>
    /// <param name="limit">The limit in US dollars; <see langword="null"/> for none.</param>
    /// <param name="name">The name.</param>
    /// <returns>The budget.</returns>
    public static Budget PerRun(decimal? limit, string name = "run") => new(name, limit, BudgetPeriod.Run);

    /// <summary>Gives each value of a tag the limit for itself.</summary>
    /// <param name="tag">The tag's name, for example <c>tenant</c>.</param>
    /// <returns>The new budget.</returns>
    public Budget PerTag(string tag)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(tag);
        return Per(new BudgetDimension(BudgetDimensionKind.Tag, tag));
    }

    /// <summary>Gives each model the limit for itself.</summary>
    /// <returns>The new budget.</returns>
    public Budget PerModel() => Per(new BudgetDimension(BudgetDimensionKind.Model));

    /// <summary>Gives each provider the limit for itself.</summary>
    /// <returns>The new budget.</returns>
    public Budget PerProvider() => Per(new BudgetDimension(BudgetDimensionKind.Provider));

    /// <summary>Gives each route the limit for itself.</summary>
    /// <returns>The new budget.</returns>
    public Budget PerRoute() => Per(new BudgetDimension(BudgetDimensionKind.Route));

    /// <summary>Gives each model class the limit for itself.</summary>
    /// <returns>The new budget.</returns>
    public Budget PerModelClass() => Per(new BudgetDimension(BudgetDimensionKind.ModelClass));

    private Budget Per(BudgetDimension dimension) =>
        PartitionBy.Contains(dimension) ? this : this with { PartitionBy = PartitionBy.Add(dimension) };

    private long? NotNegative(long? value, string member) => value is not < 0
        ? value
        : throw new ArgumentOutOfRangeException(member, value, $"The {member} of the budget '{Name}' is negative. Null is no limit.");
}
