using System.Collections.Immutable;

namespace MeaiBudget;

/// <summary>A budget with the names of its ledger accounts and its current period.</summary>
internal sealed class BudgetBook
{
    private readonly string[] _prefixes;
    private BudgetPeriodSlice? _current;

    /// <param name="budget">The budget.</param>
    /// <param name="accounts">The prefix of the account names; the escaped name of the budget by default.</param>
    public BudgetBook(Budget budget, string? accounts = null)
    {
        Budget = budget;
        string name = accounts ?? AccountName.Escape(budget.Name);
        AccountsPrefix = name + '/';
        _prefixes = new string[8];
        for (int unit = 0; unit < 4; unit++)
        {
            _prefixes[unit] = AccountName.Prefix(name, (BudgetUnit)unit, isShadow: false);
            _prefixes[unit + 4] = AccountName.Prefix(name, (BudgetUnit)unit, isShadow: true);
        }

        Limit = budget.Limit is { } limit ? ToNanoDollars(limit) : null;
        TracksCoverage = !(budget.Enforcement == Enforcement.Enforce && budget.Limit is not null
            && Equals(budget.UnknownPriceBehavior, UnknownPriceBehavior.Deny));
    }

    public Budget Budget { get; }

    /// <summary>Gets the prefix of all account names of the budget.</summary>
    public string AccountsPrefix { get; }

    /// <summary>Gets the budget's own limit in nano-dollars.</summary>
    public long? Limit { get; }

    /// <summary>Gets a value indicating whether the budget admits models without a known price, so that it must count coverage.</summary>
    public bool TracksCoverage { get; }

    public static long ToNanoDollars(decimal dollars) => (long)Math.Floor(dollars * 1_000_000_000m);

    public string Prefix(BudgetUnit unit, bool isShadow = false) => _prefixes[(int)unit + (isShadow ? 4 : 0)];

    public string Account(BudgetUnit unit, string key, bool isShadow = false) => key.Length == 0
        ? Prefix(unit, isShadow)
        : string.Concat(Prefix(unit, isShadow), key);

    /// <summary>Returns the period of a moment.</summary>
    public BudgetPeriodSlice At(DateTimeOffset now)
    {
        BudgetPeriodSlice? current = Volatile.Read(ref _current);
        if (current is not null && current.Covers(now))
        {
            return current;
        }

        BudgetPeriodSlice slice = Budget.Period.At(now, Budget.TimeZone);
        Volatile.Write(ref _current, slice);
        return slice;
    }

    /// <summary>Finds a tag that partitions the budget and that a request does not have.</summary>
    /// <param name="request">The request.</param>
    /// <param name="requiredOnly">True to find required tags only.</param>
    /// <returns>The tag's name; <see langword="null"/> if there is none.</returns>
    public string? MissingTagOf(SpendRequest request, bool requiredOnly)
    {
        foreach (BudgetDimension dimension in Budget.PartitionBy)
        {
            if ((dimension.IsRequired || !requiredOnly) && dimension.IsMissing(request))
            {
                return dimension.Tag;
            }
        }

        return null;
    }

    /// <summary>Returns the partition key of a request: the values of all dimensions.</summary>
    public string KeyOf(SpendRequest request)
    {
        ImmutableArray<BudgetDimension> dimensions = Budget.PartitionBy;
        if (dimensions.Length == 0)
        {
            return "";
        }

        if (dimensions.Length == 1)
        {
            return dimensions[0].ValueOf(request);
        }

        return JoinedKey(request);
    }

    // A method of its own, so that KeyOf allocates no closure.
    private string JoinedKey(SpendRequest request) =>
        string.Join('/', Budget.PartitionBy.Select(dimension => AccountName.Escape(dimension.ValueOf(request))));
}
