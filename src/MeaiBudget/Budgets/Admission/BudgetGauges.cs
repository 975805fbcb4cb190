namespace MeaiBudget;

/// <summary>The figures of a tracker's gauges: current ones from a ledger in memory, else the last known ones while newer ones are read.</summary>
/// <remarks>Thread-safe. Never blocks a metrics exporter on a remote ledger or a limit provider.</remarks>
internal sealed class BudgetGauges(TrackerBudgets budgets, ISpendLedger ledger)
{
    /// <summary>An exporter reads each gauge once; one read of the ledger serves them all.</summary>
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(1);

    private readonly bool _isNear = ledger is InMemorySpendLedger && !budgets.AsksForLimits;
    private volatile BudgetMeasurement[] _lastKnown = [];
    private long _readAt;
    private bool _wasRead;
    private int _reading;

    public void Measure(ICollection<BudgetMeasurement> into)
    {
        if (_isNear)
        {
            // Completes synchronously: ledger and limits are in this process.
            ValueTask<BudgetMeasurement[]> reading = ReadAsync();
            _lastKnown = reading.IsCompletedSuccessfully ? reading.Result : _lastKnown;
        }
        else if (Interlocked.CompareExchange(ref _reading, 1, 0) == 0)
        {
            if (_wasRead && ledger.Clock.GetElapsedTime(_readAt) < Fresh)
            {
                Volatile.Write(ref _reading, 0);
            }
            else
            {
                _ = Task.Run(RefreshAsync);
            }
        }

        foreach (BudgetMeasurement measurement in _lastKnown)
        {
            into.Add(measurement);
        }
    }

    private async Task RefreshAsync()
    {
        try
        {
            _lastKnown = await ReadAsync();
        }
#pragma warning disable CA1031 // A gauge cannot report an exception. Admissions report the failing ledger, and the last figures stay.
        catch (Exception)
#pragma warning restore CA1031
        {
        }
        finally
        {
            _readAt = ledger.Clock.GetTimestamp();
            _wasRead = true;
            Volatile.Write(ref _reading, 0);
        }
    }

    private async ValueTask<BudgetMeasurement[]> ReadAsync()
    {
        var measurements = new List<BudgetMeasurement>(budgets.Books.Length);
        foreach (BudgetBook book in budgets.Books)
        {
            Budget budget = book.Budget;
            bool isDivided = budget.PartitionBy.Length > 0 || budget.Period.Kind == BudgetPeriodKind.Run;
            BudgetPeriodSlice slice = book.At(ledger.Clock.GetUtcNow());
            await AddAsync(BudgetUnit.Dollars, "USD", 1_000_000_000m, budget.Limit);
            if (budget.TokenLimit is { } tokens)
            {
                await AddAsync(BudgetUnit.Tokens, "tokens", 1m, tokens);
            }

            if (budget.RequestLimit is { } requests)
            {
                await AddAsync(BudgetUnit.Requests, "requests", 1m, requests);
            }

            async ValueTask AddAsync(BudgetUnit unit, string name, decimal one, decimal? limit)
            {
                IReadOnlyList<string> accounts = isDivided
                    ? await ledger.ListAccountsAsync(book.Prefix(unit), CancellationToken.None)
                    : [book.Account(unit, "")];
                IReadOnlyList<LedgerLineState> states = accounts.Count == 0 ? [] : await ledger.ReadAsync(
                    [.. accounts.Select(account => new LedgerAccountQuery(account, slice.FirstIndex, slice.Index))], CancellationToken.None);
                if (!isDivided && unit == BudgetUnit.Dollars)
                {
                    var limits = new List<AppliedBudget>(1) { new() { Book = book, Key = "", Slice = slice, Limit = book.Limit } };
                    await budgets.LimitAsync(limits, CancellationToken.None);
                    limit = limits[0].Limit is { } inForce ? (inForce + states[0].Granted) / one : null;
                }

                bool hasKeys = unit == BudgetUnit.Dollars && budget.PartitionBy.Length > 0 && budget.Period.Kind != BudgetPeriodKind.Run;
                measurements.Add(new BudgetMeasurement(
                    budget.Name, name, isDivided ? null : limit, states.Sum(state => (decimal)state.Charged) / one, states.Sum(state => (decimal)state.Held) / one)
                {
                    Keys = hasKeys ? await KeysAsync(book, slice, accounts, states) : null,
                });
            }
        }

        return [.. measurements];
    }

    /// <summary>Adds up the keys of a divided budget. A limit provider is not asked for each of them: their limit is then the budget's.</summary>
    private async ValueTask<BudgetKeysMeasurement> KeysAsync(BudgetBook book, BudgetPeriodSlice slice, IReadOnlyList<string> accounts, IReadOnlyList<LedgerLineState> states)
    {
        int prefix = book.Prefix(BudgetUnit.Dollars).Length;
        var limits = new List<AppliedBudget>(accounts.Count);
        limits.AddRange(accounts.Select(account => new AppliedBudget { Book = book, Key = account[prefix..], Slice = slice, Limit = book.Limit }));
        if (!budgets.AsksForLimits)
        {
            await budgets.LimitAsync(limits, CancellationToken.None);
        }

        int all = 0;
        var shares = new List<decimal>();
        for (int i = 0; i < states.Count; i++)
        {
            LedgerLineState state = states[i];
            if (state.Charged == 0 && state.Held == 0)
            {
                continue;
            }

            all++;
            if (limits[i].Limit is { } limit)
            {
                decimal most = (decimal)limit + state.Granted;
                shares.Add(most > 0m ? ((decimal)state.Charged + state.Held) / most : 1m);
            }
        }

        shares.Sort(static (one, other) => other.CompareTo(one));
        return new BudgetKeysMeasurement(all, shares.Count(static share => share >= 0.8m), shares.Count(static share => share >= 1m), [.. shares.Take(BudgetKeysMeasurement.Most)]);
    }
}
