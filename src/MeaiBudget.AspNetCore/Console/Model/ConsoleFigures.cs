namespace MeaiBudget;

/// <summary>One budget of a tracker.</summary>
/// <param name="Tracker">The number of the tracker.</param>
/// <param name="Budget">The budget.</param>
/// <param name="Status">The status; <see langword="null"/> for a divided budget, or if the ledger could not be read.</param>
/// <param name="Keys">The keys of a divided budget; <see langword="null"/> for another, or if the ledger could not be read.</param>
/// <param name="PerHour">The pace, in US dollars an hour; <see langword="null"/> if it is not known.</param>
/// <param name="RunsOutAt">When the limit is spent at this pace; <see langword="null"/> if never, or not before the reset.</param>
/// <param name="Refused">The attempts that the budget refused today; <see langword="null"/> if the history has no budgets.</param>
/// <param name="Problem">Why the budget could not be read; <see langword="null"/> if it could.</param>
internal sealed record ConsoleBudget(
    int Tracker, Budget Budget, BudgetStatus? Status, ConsoleKeys? Keys, decimal? PerHour, DateTimeOffset? RunsOutAt, long? Refused, string? Problem)
{
    public bool IsRun => Budget.Period.Kind == BudgetPeriodKind.Run;

    public decimal? Share => Status is { } status ? ShareOf(status) : Keys?.Worst is { } worst ? ShareOf(worst) : null;

    /// <summary>Returns the largest share of the limits that is spent or held; <see langword="null"/> without a limit.</summary>
    public static decimal? ShareOf(BudgetStatus status)
    {
        decimal? share = status.Limit is { } limit ? Part(status.Spent + status.Held, limit + status.Granted) : null;
        share = Larger(share, status.TokenLimit is { } tokens ? Part(status.Tokens ?? 0, tokens) : null);
        return Larger(share, status.RequestLimit is { } requests ? Part(status.Requests ?? 0, requests) : null);
    }

    private static decimal? Larger(decimal? one, decimal? other) => one is null ? other : other is null || one > other ? one : other;

    private static decimal Part(decimal amount, decimal limit) => limit > 0m ? amount / limit : amount > 0m ? 1m : 0m;
}

/// <summary>The keys of a divided budget that have spend in the period, those first that used the largest share of their limit.</summary>
/// <param name="Statuses">The keys, in this order.</param>
/// <param name="IsCut">True if there are more keys than are read at once; these are the ones with the largest spend.</param>
internal sealed record ConsoleKeys(IReadOnlyList<BudgetStatus> Statuses, bool IsCut)
{
    /// <summary>The share from which a key counts as nearly spent.</summary>
    public const decimal Near = 0.8m;

    public BudgetStatus? Worst => Statuses.Count > 0 ? Statuses[0] : null;

    public int NearCount { get; } = Statuses.TakeWhile(status => ConsoleBudget.ShareOf(status) >= Near).Count();

    public int SpentCount { get; } = Statuses.TakeWhile(status => ConsoleBudget.ShareOf(status) >= 1m).Count();

    public int StoppedCount { get; } = Statuses.Count(status => status.IsStopped);

    public decimal Spent { get; } = Statuses.Sum(status => status.Spent);

    public decimal Held { get; } = Statuses.Sum(status => status.Held);

    public decimal Unconfirmed { get; } = Statuses.Sum(status => status.Unconfirmed);
}

/// <summary>Spend over time, by the largest groups.</summary>
/// <param name="Range">The time.</param>
/// <param name="By">The name of the groups, as in <see cref="SpendQuery.GroupBy"/>.</param>
/// <param name="Groups">The sums of the groups, the largest first.</param>
/// <param name="Slots">The starts of the hours or days.</param>
/// <param name="Amounts">The amounts by group and slot; the last row holds what belongs to none of the groups shown.</param>
/// <param name="Total">The sum of everything.</param>
internal sealed record ConsoleSpend(
    ConsoleRange Range, string By, IReadOnlyList<SpendRecord> Groups, IReadOnlyList<DateTimeOffset> Slots, decimal[][] Amounts, SpendRecord Total)
{
    /// <summary>Gets how many groups have a colour of their own.</summary>
    public int Shown => Amounts.Length - 1;
}

/// <summary>The spend of one key in a time; its attempts are not known (null) where only the period of the budget is.</summary>
internal sealed record ConsoleSpender(int Tracker, string Budget, string Key, decimal Spent, long? Attempts);

/// <summary>How often a budget refused one key in a time; the key is empty for a budget that is not divided.</summary>
internal sealed record ConsoleRefused(int Tracker, string Budget, string Key, long Count);

/// <summary>The state of a tracker's ledger and prices.</summary>
internal sealed record ConsoleHealth(string Tracker, string Ledger, bool IsHealthy, string? Problem, TimeSpan Answered, int Outbox, bool KeepsHistory, string Prices, TimeSpan PricesAge, DateOnly? PricesAsOf);
