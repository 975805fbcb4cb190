namespace MeaiBudget.Tool;

/// <summary>The use of one budget, by one key in one period. Amounts are nano-dollars.</summary>
internal sealed class BudgetUse(string budget, string key, long period)
{
    /// <summary>The prefix of accounts of runs.</summary>
    public const string Runs = "@run";

    public string Budget { get; } = budget;

    public string Key { get; } = key;

    public long Period { get; } = period;

    public DateTimeOffset FirstCall { get; private set; } = DateTimeOffset.MaxValue;

    public DateTimeOffset LastCall { get; private set; } = DateTimeOffset.MinValue;

    public long Charged { get; private set; }

    public long Held { get; private set; }

    public long Overrun { get; private set; }

    /// <summary>The budget's limit; null if it has none.</summary>
    public long? Limit { get; private set; }

    /// <summary>The spent share of the limit; 1 is all of it.</summary>
    public decimal? Share => Limit is { } limit ? limit == 0 ? (Charged == 0 ? 0m : null) : (decimal)Charged / limit : null;

    public void Add(SqliteSpendRecord record, SqliteSpendRecordLine line)
    {
        See(record.At, record.At);
        Charged += line.Charged;
        Held += record.State == SqliteReservationState.Open ? line.Reserved : 0;
        Overrun += Math.Max(0, line.Charged - line.Reserved);
    }

    /// <summary>Adds the limits of the budgets, and combines the buckets of each rolling period.</summary>
    public static IReadOnlyList<BudgetUse> Against(IEnumerable<BudgetUse> uses, IReadOnlyList<Budget> budgets)
    {
        var stated = budgets.ToDictionary(budget => budget.Name, StringComparer.Ordinal);
        var result = new List<BudgetUse>();
        foreach (IGrouping<(string Budget, string Key), BudgetUse> group in uses.GroupBy(use => (use.Budget, use.Key)))
        {
            Budget? budget = stated.GetValueOrDefault(group.Key.Budget);
            IEnumerable<BudgetUse> periods = budget?.Period.Kind == BudgetPeriodKind.Rolling ? [Highest([.. group.OrderBy(use => use.Period)])] : group;
            foreach (BudgetUse use in periods)
            {
                use.Limit = budget?.Limit is { } limit ? BudgetBook.ToNanoDollars(limit) : null;
                result.Add(use);
            }
        }

        return [.. result.OrderBy(use => use.Budget == Runs).ThenBy(use => use.Budget, StringComparer.Ordinal).ThenByDescending(use => use.Period).ThenByDescending(use => use.Charged)];
    }

    /// <summary>Returns the first entries of each budget, because a list of thousands of runs or tenants is not readable.</summary>
    public static IReadOnlyList<BudgetUse> First(IReadOnlyList<BudgetUse> uses, int ofEach) =>
        [.. uses.GroupBy(use => use.Budget).SelectMany(group => group.Take(ofEach))];

    /// <summary>Returns the window with the highest charge.</summary>
    private static BudgetUse Highest(BudgetUse[] buckets)
    {
        BudgetUse? highest = null;
        int first = 0;
        for (int last = 0; last < buckets.Length; last++)
        {
            while (buckets[last].Period - buckets[first].Period > BudgetPeriod.BucketsPerSpan)
            {
                first++;
            }

            var window = new BudgetUse(buckets[last].Budget, buckets[last].Key, buckets[last].Period);
            foreach (BudgetUse bucket in buckets.AsSpan(first, last - first + 1))
            {
                window.See(bucket.FirstCall, bucket.LastCall);
                window.Charged += bucket.Charged;
                window.Held += bucket.Held;
                window.Overrun += bucket.Overrun;
            }

            highest = highest is null || window.Charged > highest.Charged ? window : highest;
        }

        return highest!;
    }

    private void See(DateTimeOffset first, DateTimeOffset last)
    {
        FirstCall = first < FirstCall ? first : FirstCall;
        LastCall = last > LastCall ? last : LastCall;
    }
}
