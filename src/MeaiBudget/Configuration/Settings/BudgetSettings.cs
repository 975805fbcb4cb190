namespace MeaiBudget;

/// <summary>One budget, in configuration.</summary>
public sealed class BudgetSettings
{
    /// <summary>Gets or sets the period.</summary>
    public BudgetPeriodKind Period { get; set; } = BudgetPeriodKind.Day;

    /// <summary>Gets or sets the length of a rolling period, for example <c>30.00:00:00</c>.</summary>
    public TimeSpan? Span { get; set; }

    /// <summary>Gets or sets the day on which a week begins. Default: Monday.</summary>
    public DayOfWeek WeekStart { get; set; } = DayOfWeek.Monday;

    /// <summary>Gets or sets the time zone whose midnight starts a new period, for example <c>Europe/Berlin</c>. Default: UTC.</summary>
    public string? TimeZone { get; set; }

    /// <summary>Gets or sets the limit of a period in US dollars; zero refuses every call that costs something.</summary>
    public decimal? Limit { get; set; }

    /// <summary>Gets or sets the limit in tokens, input and output together.</summary>
    public long? TokenLimit { get; set; }

    /// <summary>Gets or sets the limit in requests.</summary>
    public long? RequestLimit { get; set; }

    /// <summary>Gets or sets a value indicating whether a <see cref="Limit"/> is allowed that is unusually high. Default: false.</summary>
    public bool AllowLargeLimit { get; set; }

    /// <summary>Gets the partitions: <c>model</c>, <c>provider</c>, <c>route</c>, <c>class</c> or <c>tag:NAME</c>. Each value has a limit of its own.</summary>
    public IList<string> PartitionBy { get; } = [];

    /// <summary>Gets or sets a value indicating whether a call without a tag of <see cref="PartitionBy"/> is refused. Default: false.</summary>
    public bool RequireTags { get; set; }

    /// <summary>Gets or sets what happens when the budget is exceeded. Default: Enforce.</summary>
    public Enforcement Enforcement { get; set; } = Enforcement.Enforce;

    /// <summary>Gets or sets what happens to a model without a known price: <c>Deny</c>, <c>AllowUnpriced</c> or <c>AssumePrice</c>. Default: Deny.</summary>
    public string UnknownPrice { get; set; } = DenyUnknownPrice;

    /// <summary>Gets or sets the price that <c>AssumePrice</c> uses.</summary>
    public PriceSettings? AssumedPrice { get; set; }

    /// <summary>Gets or sets what happens to input that cannot be bounded. Default: Refuse.</summary>
    public UnboundedInputBehavior UnboundedInput { get; set; }

    /// <summary>Gets or sets what happens when the ledger does not answer. Default: Deny if the budget enforces, else Allow.</summary>
    public LedgerFailureBehavior? LedgerFailure { get; set; }

    /// <summary>Gets or sets how long a call waits for money that other calls have reserved. Default: 2 seconds; at most an hour.</summary>
    public TimeSpan MaxWait { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>Gets the shares of the limit at which an event is raised. An empty list means 0.5, 0.8 and 1.</summary>
    public IList<decimal> Thresholds { get; } = [];

    internal const string DenyUnknownPrice = "Deny";

    internal const string KnownPartitions = "Use model, provider, route, class or tag:NAME.";

    /// <summary>Makes the budget.</summary>
    /// <exception cref="ArgumentException">A setting is not allowed.</exception>
    internal Budget ToBudget(string name)
    {
        Budget budget = Period switch
        {
            BudgetPeriodKind.Hour => Budget.Hourly(name, Limit),
            BudgetPeriodKind.Day => Budget.Daily(name, Limit),
            BudgetPeriodKind.Week => Budget.Weekly(name, Limit, WeekStart),
            BudgetPeriodKind.Month => Budget.Monthly(name, Limit),
            BudgetPeriodKind.Rolling => Budget.Rolling(name, Limit, Span ?? TimeSpan.Zero),
            _ => Budget.PerRun(Limit, name),
        };
        return budget with
        {
            TokenLimit = TokenLimit,
            RequestLimit = RequestLimit,
            Enforcement = Enforcement,
            PartitionBy = [.. PartitionBy.Select(text => BudgetDimension.TryParse(text, out BudgetDimension dimension)
                ? dimension with { IsRequired = RequireTags && dimension.Tag is not null }
                : throw new ArgumentException($"Unknown partition '{text}'. {KnownPartitions}"))],
            TimeZone = TimeZone is null ? TimeZoneInfo.Utc : TimeZoneInfo.FindSystemTimeZoneById(TimeZone),
            UnknownPriceBehavior = UnknownPrice.ToUpperInvariant() switch
            {
                "ALLOWUNPRICED" => UnknownPriceBehavior.AllowUnpriced,
                "ASSUMEPRICE" => UnknownPriceBehavior.AssumePrice((AssumedPrice ?? throw new ArgumentException("UnknownPrice is AssumePrice, but AssumedPrice is not set.")).ToPrice()),
                _ => UnknownPriceBehavior.Deny,
            },
            UnboundedInputBehavior = UnboundedInput,
            LedgerFailureBehavior = LedgerFailure,
            MaxWait = MaxWait,
            Thresholds = Thresholds.Count > 0 ? [.. Thresholds] : budget.Thresholds,
        };
    }
}
