using System.Globalization;

namespace MeaiBudget.Tool;

/// <summary>Reads the budgets of a ledger again and again. It changes nothing, and is not listed as a service of the ledger.</summary>
/// <param name="ledger">The ledger.</param>
/// <param name="budgets">The budgets whose limits and periods are known, from the app's settings.</param>
/// <param name="most">The most keys of a budget, those with the largest spend.</param>
internal sealed class LedgerWatch(ISpendLedger ledger, IReadOnlyList<Budget> budgets, int most)
{
    /// <summary>A ledger can have very many accounts, so their names are listed once in so many reads.</summary>
    private const int ReadsOfAList = 10;

    private readonly Dictionary<string, Budget?> _found = new(StringComparer.Ordinal);
    private int _reads;

    /// <summary>True if the ledger has budgets that the settings do not have, so that their limits are not known.</summary>
    public bool HasUnknownLimits { get; private set; }

    /// <summary>Reads all budgets, the one that needs attention most first.</summary>
    /// <exception cref="SpendLedgerException">The ledger failed.</exception>
    public async Task<IReadOnlyList<WatchedBudget>> ReadAsync(CancellationToken cancellationToken)
    {
        (long version, IReadOnlyDictionary<string, string> settings) = await ledger.ReadSettingsAsync(cancellationToken);
        var central = new CentralLimits(version, settings);
        var read = new List<WatchedBudget>();
        foreach (Budget budget in budgets)
        {
            await AddAsync(read, budget, central, cancellationToken);
        }

        if (_reads++ % ReadsOfAList == 0)
        {
            await FindAsync(cancellationToken);
        }

        foreach ((string name, Budget? budget) in _found)
        {
            if (budget is not null)
            {
                await AddAsync(read, budget, central, cancellationToken);
            }
            else
            {
                await AddAllPeriodsAsync(read, name, central, cancellationToken);
            }
        }

        HasUnknownLimits = read.Any(one => one.Limit is null && _found.ContainsKey(one.Budget));
        return [.. read.OrderBy(one => one.Urgency).ThenBy(one => one.Budget, StringComparer.Ordinal).ThenBy(one => one.Key, StringComparer.Ordinal)];
    }

    /// <summary>Finds the ledger's budgets that the settings do not have. Accounts of runs are left out: they have no limit in the ledger.</summary>
    private async Task FindAsync(CancellationToken cancellationToken)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (string account in await ledger.ListAccountsAsync("", cancellationToken))
        {
            if (AccountName.TryParse(account, out AccountName name) && name is { Unit: BudgetUnit.Dollars, IsShadow: false } && !name.Budget.StartsWith('@'))
            {
                names.Add(name.Budget);
            }
        }

        foreach (string name in names.Except(budgets.Select(budget => budget.Name), StringComparer.Ordinal))
        {
            // A budget whose period is not known may have spend in its current period now.
            if (_found.GetValueOrDefault(name) is null)
            {
                _found[name] = await GuessAsync(name, cancellationToken);
            }
        }
    }

    /// <summary>
    /// Finds the period of a budget by the periods in which it has spend now: the numbers of hours, days, weeks and months differ. A time
    /// zone can be a day before or after UTC. Null if it has none, or a rolling period.
    /// </summary>
    private async Task<Budget?> GuessAsync(string name, CancellationToken cancellationToken)
    {
        var east = TimeZoneInfo.CreateCustomTimeZone("east", TimeSpan.FromHours(14), "east", "east");
        var west = TimeZoneInfo.CreateCustomTimeZone("west", TimeSpan.FromHours(-12), "west", "west");
        Budget[] candidates =
        [
            Budget.Hourly(name, null), .. new[] { Budget.Daily(name, null), Budget.Weekly(name, null), Budget.Monthly(name, null) }
                .SelectMany(budget => new[] { budget, budget with { TimeZone = east }, budget with { TimeZone = west } }), Budget.PerRun(null, name),
        ];
        foreach (Budget candidate in candidates)
        {
            if ((await PageAsync(new BudgetBook(candidate), BudgetUnit.Dollars, 1, cancellationToken)).Count > 0)
            {
                return candidate;
            }
        }

        return null;
    }

    private async Task AddAsync(List<WatchedBudget> read, Budget budget, CentralLimits central, CancellationToken cancellationToken)
    {
        var book = new BudgetBook(budget);
        BudgetPeriodSlice slice = book.At(ledger.Clock.GetUtcNow());
        (BudgetUnit Unit, long? Limit)[] units =
        [
            .. new (BudgetUnit Unit, long? Limit)[] { (BudgetUnit.Tokens, budget.TokenLimit), (BudgetUnit.Requests, budget.RequestLimit) }.Where(one => one.Limit is not null),
        ];
        if (units.Length == 0 || book.Limit is not null)
        {
            units = [(BudgetUnit.Dollars, book.Limit), .. units];
        }

        foreach ((BudgetUnit unit, long? limit) in units)
        {
            IReadOnlyList<KeyValuePair<string, LedgerLineState>> page = await PageAsync(book, unit, most, cancellationToken);
            foreach ((string account, LedgerLineState state) in page)
            {
                Add(account[book.Prefix(unit).Length..], state);
            }

            if (page.Count == 0 && budget.PartitionBy.Length == 0 && budget.Period.Kind != BudgetPeriodKind.Run)
            {
                Add("", default);
            }

            void Add(string key, LedgerLineState state) => read.Add(new WatchedBudget(
                budget.Name, key, unit, state.Charged, state.Held, LimitOf(budget.Name, key, unit, limit, central, state), central.StopOf(budget.Name, key) is not null,
                PeriodOf(budget, slice), _found.ContainsKey(budget.Name) && budget.TimeZone.BaseUtcOffset != TimeSpan.Zero ? null : slice.End));
        }
    }

    /// <summary>Adds a budget of which neither limit nor period is known, with everything that the ledger keeps of it.</summary>
    private async Task AddAllPeriodsAsync(List<WatchedBudget> read, string name, CentralLimits central, CancellationToken cancellationToken)
    {
        string prefix = AccountName.Prefix(AccountName.Escape(name), BudgetUnit.Dollars, isShadow: false);
        foreach ((string account, LedgerLineState state) in await PageAsync(new LedgerAccountQuery(prefix, 0, int.MaxValue), most, cancellationToken))
        {
            string key = account[prefix.Length..];
            read.Add(new WatchedBudget(
                name, key, BudgetUnit.Dollars, state.Charged, state.Held, LimitOf(name, key, BudgetUnit.Dollars, null, central, state), central.StopOf(name, key) is not null, "all kept", null));
        }
    }

    private async Task<IReadOnlyList<KeyValuePair<string, LedgerLineState>>> PageAsync(BudgetBook book, BudgetUnit unit, int count, CancellationToken cancellationToken)
    {
        BudgetPeriodSlice slice = book.At(ledger.Clock.GetUtcNow());
        return await PageAsync(new LedgerAccountQuery(book.Prefix(unit), slice.FirstIndex, slice.Index), count, cancellationToken);
    }

    private ValueTask<IReadOnlyList<KeyValuePair<string, LedgerLineState>>> PageAsync(LedgerAccountQuery query, int count, CancellationToken cancellationToken) =>
        ledger.ReadPageAsync(query, "", isByCharged: true, null, count, cancellationToken);

    private static long? LimitOf(string budget, string key, BudgetUnit unit, long? limit, CentralLimits central, LedgerLineState state)
    {
        if (unit == BudgetUnit.Dollars && central.LimitOf(budget, key)?.Amount is { } set)
        {
            limit = BudgetBook.ToNanoDollars(set);
        }

        return limit is { } known ? SaturatingMath.Add(known, unit == BudgetUnit.Dollars ? state.Granted : 0) : null;
    }

    private static string PeriodOf(Budget budget, BudgetPeriodSlice slice) => budget.Period.Kind switch
    {
        BudgetPeriodKind.Hour => slice.Start.ToString("HH:mm'Z'", CultureInfo.InvariantCulture),
        BudgetPeriodKind.Run => "run",
        BudgetPeriodKind.Rolling => string.Create(CultureInfo.InvariantCulture, $"last {budget.Period.Span:c}"),
        BudgetPeriodKind.Month => Local(budget, slice).ToString("yyyy-MM", CultureInfo.InvariantCulture),
        _ => Local(budget, slice).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
    };

    private static DateTimeOffset Local(Budget budget, BudgetPeriodSlice slice) => TimeZoneInfo.ConvertTime(slice.Start, budget.TimeZone);
}
