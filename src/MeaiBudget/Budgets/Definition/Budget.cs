using System.Collections.Immutable;

namespace MeaiBudget;

/// <summary>A spend limit for a period, and the rules for enforcing it.</summary>
/// <remarks>
/// Immutable and thread-safe; the methods here and <c>with</c> return a new budget. Amounts are US dollars. A limit of
/// <see langword="null"/> means no limit; a limit of zero blocks every call that costs something.
/// </remarks>
/// <example>
/// <code>
/// Budget day = Budget.Daily("day", 20m) with { TimeZone = TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin") };
/// Budget tenant = Budget.Monthly("tenant", 50m).PerTag("tenant", required: true);
/// Budget agent = Budget.PerRun(0.50m);
/// Budget watched = Budget.Hourly("hour", 2m) with { Enforcement = Enforcement.Observe };   // counts what it would refuse
/// </code>
/// </example>
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

    /// <summary>Gets the name, which identifies the budget in ledgers. A budget with the same name continues with the same spend.</summary>
    public string Name { get; }

    /// <summary>Gets the period.</summary>
    public BudgetPeriod Period { get; }

    /// <summary>Gets the limit of a period in US dollars, from zero to nine billion; <see langword="null"/> for none.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The limit is negative or above nine billion dollars.</exception>
    public decimal? Limit
    {
        get;
        init
        {
            if (value is < 0m)
            {
                throw new ArgumentOutOfRangeException(
                    nameof(Limit), value, $"The limit of budget '{Name}' is {value}, which is negative. Zero blocks everything paid; null is no limit.");
            }

            ArgumentOutOfRangeException.ThrowIfGreaterThan(value ?? 0m, 9_000_000_000m, nameof(Limit));
            field = value;
        }
    }

    /// <summary>Gets the limit of a period in tokens, the sum of input and output; <see langword="null"/> for none.</summary>
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

    /// <summary>Gets a value indicating whether the budget is divided, so that each tag value, model, provider, route or class has the limit for itself.</summary>
    public bool IsDivided => PartitionBy.Length > 0;

    /// <summary>Gets the dimensions of the partitions. Each combination of their values has its own limit.</summary>
    internal ImmutableArray<BudgetDimension> PartitionBy { get; init; } = [];

    /// <summary>Gets the time zone whose midnight resets a calendar budget; UTC by default.</summary>
    public TimeZoneInfo TimeZone { get; init; } = TimeZoneInfo.Utc;

    /// <summary>Gets whether the budget observes, warns or enforces.</summary>
    public Enforcement Enforcement { get; init; } = Enforcement.Enforce;

    /// <summary>Gets what the budget does with a model without a known price. Budgets that observe or warn never refuse it.</summary>
    public UnknownPriceBehavior UnknownPriceBehavior { get; init; } = MeaiBudget.UnknownPriceBehavior.Deny;

    /// <summary>Gets what an enforcing budget does with a request whose input has no upper bound.</summary>
    public UnboundedInputBehavior UnboundedInputBehavior { get; init; }

    /// <summary>
    /// Gets what the budget does if its ledger fails; <see langword="null"/> for the default, which is
    /// <see cref="LedgerFailureBehavior.Deny"/> for an enforcing budget and <see cref="LedgerFailureBehavior.Allow"/> for others.
    /// </summary>
    public LedgerFailureBehavior? LedgerFailureBehavior { get; init; }

    /// <summary>Gets how long a call waits for amounts that other calls hold, from zero to one hour; 2 seconds by default. Zero means no wait.</summary>
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

    /// <summary>Gets the shares of the limit at which an event is raised, each once in a period; more than 0, at most 64 of them. Default: 0.5, 0.8 and 1.</summary>
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

    /// <summary>True if the budget refuses attempts while its ledger fails.</summary>
    internal bool DeniesWithoutLedger =>
        (LedgerFailureBehavior ?? (Enforcement == Enforcement.Enforce ? MeaiBudget.LedgerFailureBehavior.Deny : MeaiBudget.LedgerFailureBehavior.Allow)) == MeaiBudget.LedgerFailureBehavior.Deny;

    /// <summary>Creates a budget for each clock hour.</summary>
    /// <param name="name">The name.</param>
    /// <param name="limit">The limit in US dollars; <see langword="null"/> for none.</param>
    /// <returns>The budget.</returns>
    public static Budget Hourly(string name, decimal? limit) => new(name, limit, BudgetPeriod.Hour);

    /// <summary>Creates a budget for each calendar day.</summary>
    /// <param name="name">The name.</param>
    /// <param name="limit">The limit in US dollars; <see langword="null"/> for none.</param>
    /// <returns>The budget.</returns>
    public static Budget Daily(string name, decimal? limit) => new(name, limit, BudgetPeriod.Day);

    /// <summary>Creates a budget for each calendar week.</summary>
    /// <param name="name">The name.</param>
    /// <param name="limit">The limit in US dollars; <see langword="null"/> for none.</param>
    /// <param name="weekStart">The first day of the week.</param>
    /// <returns>The budget.</returns>
    public static Budget Weekly(string name, decimal? limit, DayOfWeek weekStart = DayOfWeek.Monday) =>
        new(name, limit, BudgetPeriod.Week(weekStart));

    /// <summary>Creates a budget for each calendar month.</summary>
    /// <param name="name">The name.</param>
    /// <param name="limit">The limit in US dollars; <see langword="null"/> for none.</param>
    /// <returns>The budget.</returns>
    public static Budget Monthly(string name, decimal? limit) => new(name, limit, BudgetPeriod.Month);

    /// <summary>Creates a budget for a rolling period, for example the last 24 hours.</summary>
    /// <param name="name">The name.</param>
    /// <param name="limit">The limit in US dollars; <see langword="null"/> for none.</param>
    /// <param name="span">The length of the period, from one second to ten years.</param>
    /// <returns>The budget.</returns>
    public static Budget Rolling(string name, decimal? limit, TimeSpan span) => new(name, limit, BudgetPeriod.Rolling(span));

    /// <summary>Creates a budget for each run. A call outside of runs counts as a run.</summary>
    /// <remarks>A nested run has its own limit and also counts against the limits of its outer runs.</remarks>
    /// <param name="limit">The limit in US dollars; <see langword="null"/> for none.</param>
    /// <param name="name">The name.</param>
    /// <returns>The budget.</returns>
    public static Budget PerRun(decimal? limit, string name = "run") => new(name, limit, BudgetPeriod.Run);

    /// <summary>Returns a budget in which each value of a tag has its own limit.</summary>
    /// <remarks>
    /// A tag is an entry of <see cref="Microsoft.Extensions.AI.ChatOptions.AdditionalProperties"/>, or is set by
    /// <see cref="BudgetRun.UseTags"/>. Its value may be a text, a number, a Boolean, one value of JSON or of an HTTP header. Names are
    /// compared without case. All calls without the tag share one limit, and the first of them is logged as a warning.
    /// </remarks>
    /// <param name="tag">The tag's name, for example <c>tenant</c>.</param>
    /// <param name="required">True to refuse calls without the tag, or with a value that cannot be read or is blank.</param>
    /// <returns>The new budget.</returns>
    public Budget PerTag(string tag, bool required = false)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(tag);
        var dimension = new BudgetDimension(BudgetDimensionKind.Tag, tag, required);
        return required && PartitionBy.IndexOf(dimension with { IsRequired = false }) is >= 0 and int index
            ? this with { PartitionBy = PartitionBy.SetItem(index, dimension) }
            : Per(dimension);
    }

    /// <summary>Returns a budget in which each model has its own limit.</summary>
    /// <returns>The new budget.</returns>
    public Budget PerModel() => Per(new BudgetDimension(BudgetDimensionKind.Model));

    /// <summary>Returns a budget in which each provider has its own limit.</summary>
    /// <returns>The new budget.</returns>
    public Budget PerProvider() => Per(new BudgetDimension(BudgetDimensionKind.Provider));

    /// <summary>Returns a budget in which each route has its own limit.</summary>
    /// <returns>The new budget.</returns>
    public Budget PerRoute() => Per(new BudgetDimension(BudgetDimensionKind.Route));

    /// <summary>Returns a budget in which each model class has its own limit.</summary>
    /// <returns>The new budget.</returns>
    public Budget PerModelClass() => Per(new BudgetDimension(BudgetDimensionKind.ModelClass));

    private Budget Per(BudgetDimension dimension) =>
        PartitionBy.Contains(dimension) || PartitionBy.Contains(dimension with { IsRequired = true }) ? this : this with { PartitionBy = PartitionBy.Add(dimension) };

    private long? NotNegative(long? value, string member) => value is not < 0
        ? value
        : throw new ArgumentOutOfRangeException(member, value, $"The {member} of budget '{Name}' is {value}, which is negative. Use zero or more, or null for no limit.");
}
