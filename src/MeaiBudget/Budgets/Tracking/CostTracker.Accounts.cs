namespace MeaiBudget;

/// <content>What people ask and change.</content>
public sealed partial class CostTracker
{
    /// <summary>Says how every budget stands, for every key that holds something in its period.</summary>
    /// <param name="cancellationToken">Ends the question.</param>
    /// <returns>One status for each budget and key; a budget that is not divided always has one.</returns>
    /// <exception cref="SpendLedgerException">The ledger could not be asked.</exception>
    public async ValueTask<IReadOnlyList<BudgetStatus>> GetStatusAsync(CancellationToken cancellationToken = default)
    {
        var statuses = new List<BudgetStatus>();
        foreach (BudgetBook book in _budgets.Books)
        {
            if (book.Budget.PartitionBy.Length == 0 && book.Budget.Period.Kind != BudgetPeriodKind.Run)
            {
                statuses.Add(await StatusAsync(book, "", cancellationToken));
                continue;
            }

            // A key that used only what is free, or has no known price, has tokens and no dollars.
            var keys = new SortedSet<string>(StringComparer.Ordinal);
            foreach (string account in await Ledger.ListAccountsAsync(book.AccountsPrefix, cancellationToken))
            {
                if (AccountName.TryParse(account, out AccountName name) && !name.IsShadow)
                {
                    keys.Add(name.Key);
                }
            }

            foreach (string key in keys)
            {
                BudgetStatus status = await StatusAsync(book, key, cancellationToken);
                if (status.Spent != 0 || status.Held != 0 || status.Tokens is > 0 || status.Requests is > 0)
                {
                    statuses.Add(status);
                }
            }
        }

        return statuses;
    }

    /// <summary>Says how one budget stands for one key.</summary>
    /// <param name="budget">The budget's name.</param>
    /// <param name="key">The partition key; empty for a budget that is not divided.</param>
    /// <param name="cancellationToken">Ends the question.</param>
    /// <returns>The status.</returns>
    /// <exception cref="ArgumentException">The tracker has no such budget.</exception>
    /// <exception cref="SpendLedgerException">The ledger could not be asked.</exception>
    public ValueTask<BudgetStatus> GetStatusAsync(string budget, string key = "", CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(key);
        return StatusAsync(_budgets.Find(budget), key, cancellationToken);
    }

    /// <summary>Gives a key of a budget an amount on top of its limit, for a while.</summary>
    /// <remarks>What was admitted under a grant stays when it ends.</remarks>
    /// <param name="budget">The budget's name.</param>
    /// <param name="key">The partition key, as events and refusals show it; empty for a budget that is not divided.</param>
    /// <param name="amount">The amount in US dollars, more than zero.</param>
    /// <param name="expiresAt">When it ends.</param>
    /// <param name="reason">Who grants it and why, for the audit; no secret.</param>
    /// <param name="id">The grant's id, so that repeating it changes nothing; a new one by default.</param>
    /// <param name="cancellationToken">Cancels the request to the ledger.</param>
    /// <returns>Whether it was new.</returns>
    /// <exception cref="ArgumentException">The tracker has no such budget.</exception>
    /// <exception cref="SpendLedgerException">The ledger could not be asked.</exception>
    public async ValueTask<bool> GrantAsync(
        string budget, string key, decimal amount, DateTimeOffset expiresAt, string reason, Guid? id = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(key);
        ArgumentException.ThrowIfNullOrWhiteSpace(reason);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(amount, 0m);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(amount, 9_000_000_000m);
        BudgetBook book = _budgets.Find(budget);
        Guid grantId = id ?? Guid.NewGuid();
        LedgerGrant grant = new()
        {
            Id = grantId,
            Account = book.Account(BudgetUnit.Dollars, key),
            Amount = BudgetBook.ToNanoDollars(amount),
            ExpiresAt = expiresAt,
            Reason = reason,
        };
        bool isNew = await Ledger.GrantAsync(grant, cancellationToken);
        if (book.Budget.Enforcement == Enforcement.Observe)
        {
            await Ledger.GrantAsync(grant with { Account = book.Account(BudgetUnit.Dollars, key, isShadow: true) }, cancellationToken);
        }

        if (isNew)
        {
            _events.Granted(book.Budget.Name, key, amount, expiresAt, reason, Ledger.Clock.GetUtcNow());
        }

        return isNew;
    }

    /// <summary>Corrects what an attempt cost: a new total, charged into the period of its reservation.</summary>
    /// <remarks>The ledger keeps every correction beside what it corrects. Giving the same total again changes nothing.</remarks>
    /// <param name="callId">The call.</param>
    /// <param name="attempt">The attempt within the call, from 1.</param>
    /// <param name="cost">The new total in US dollars, zero or more.</param>
    /// <param name="reason">Who corrects it and why, for the audit; no secret.</param>
    /// <param name="id">The correction's id, so that repeating it changes nothing; a new one by default.</param>
    /// <param name="cancellationToken">Cancels the request to the ledger.</param>
    /// <returns>Whether it was applied: the attempt is known and settled.</returns>
    /// <exception cref="SpendLedgerException">The ledger could not be asked.</exception>
    public async ValueTask<bool> AdjustAsync(
        Guid callId, int attempt, decimal cost, string reason, Guid? id = null, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(cost);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(cost, 9_000_000_000m);
        ArgumentException.ThrowIfNullOrWhiteSpace(reason);
        var reservation = new LedgerReservationId(callId, attempt, Name);
        if (await Ledger.FindAsync(reservation, cancellationToken) is not { IsOpen: false } charge)
        {
            return false;
        }

        long nano = (long)Math.Round(cost * 1_000_000_000m, MidpointRounding.ToEven);
        var amounts = new long[charge.Accounts.Count];
        for (int i = 0; i < amounts.Length; i++)
        {
            // A corrected cost is a known one.
            amounts[i] = !AccountName.TryParse(charge.Accounts[i], out AccountName name) ? charge.Amounts[i]
                : name.Unit == BudgetUnit.Dollars ? nano
                : name.Unit == BudgetUnit.UnpricedTokens ? 0
                : charge.Amounts[i];
        }

        LedgerSettlementResult result = await Ledger.AdjustAsync(
            new LedgerAdjustment { Id = id ?? Guid.NewGuid(), Reservation = reservation, Amounts = amounts, Reason = reason }, cancellationToken);
        if (result.IsApplied)
        {
            foreach (string account in charge.Accounts)
            {
                if (AccountName.TryParse(account, out AccountName name) && name is { Unit: BudgetUnit.Dollars, IsShadow: false })
                {
                    _events.Adjusted(name.Budget, name.Key, cost, callId, reason, Ledger.Clock.GetUtcNow());
                }
            }
        }

        return result.IsApplied;
    }

    private async ValueTask<BudgetStatus> StatusAsync(BudgetBook book, string key, CancellationToken cancellationToken)
    {
        BudgetPeriodSlice slice = book.At(Ledger.Clock.GetUtcNow());
        Budget budget = book.Budget;
        var limits = new List<AppliedBudget>(1) { new() { Book = book, Key = key, Slice = slice, Limit = book.Limit } };
        await _budgets.LimitAsync(limits, cancellationToken);
        long? limit = limits[0].Limit;

        IReadOnlyList<LedgerLineState> states = await Ledger.ReadAsync(
            [.. Enum.GetValues<BudgetUnit>().Select(unit => new LedgerAccountQuery(book.Account(unit, key), slice.FirstIndex, slice.Index))],
            cancellationToken);
        LedgerLineState dollars = states[(int)BudgetUnit.Dollars];
        LedgerLineState tokens = states[(int)BudgetUnit.Tokens];
        LedgerLineState requests = states[(int)BudgetUnit.Requests];
        long unpriced = states[(int)BudgetUnit.UnpricedTokens].Charged;
        return new BudgetStatus
        {
            Budget = budget.Name,
            Key = key,
            Enforcement = budget.Enforcement,
            Limit = ToDollars(limit),
            Granted = ToDollars(dollars.Granted),
            Spent = ToDollars(dollars.Charged),
            Held = ToDollars(dollars.Held),
            Unconfirmed = ToDollars(dollars.Unconfirmed),
            Overrun = ToDollars(dollars.Overrun),
            Remaining = limit is { } most
                ? Math.Max(0m, ToDollars(most) + ToDollars(dollars.Granted) - ToDollars(dollars.Charged) - ToDollars(dollars.Held))
                : null,
            PeriodStart = budget.Period.Kind == BudgetPeriodKind.Run ? null : slice.Start,
            ResetsAt = slice.End,
            Coverage = unpriced == 0 ? 1m : 1m - ((decimal)unpriced / Math.Max(unpriced, tokens.Charged)),
            Tokens = budget.TokenLimit is not null || book.TracksCoverage ? tokens.Charged + tokens.Held : null,
            TokenLimit = budget.TokenLimit,
            Requests = budget.RequestLimit is not null ? requests.Charged + requests.Held : null,
            RequestLimit = budget.RequestLimit,
        };
    }

    private static decimal ToDollars(long nano) => nano / 1_000_000_000m;

    private static decimal? ToDollars(long? nano) => nano / 1_000_000_000m;
}
