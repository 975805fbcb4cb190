namespace MeaiBudget;

/// <summary>Reads and corrects the ledger accounts of a tracker's budgets: status, grants and adjustments.</summary>
internal sealed class BudgetAccounts(string owner, ISpendLedger ledger, TrackerBudgets budgets, BudgetEvents events)
{
    /// <summary>Reads every budget, for every key that has charges or reservations.</summary>
    public async ValueTask<IReadOnlyList<BudgetStatus>> GetStatusAsync(CancellationToken cancellationToken)
    {
        var statuses = new List<BudgetStatus>();
        foreach (BudgetBook book in budgets.Books)
        {
            if (book.Budget.PartitionBy.Length == 0 && book.Budget.Period.Kind != BudgetPeriodKind.Run)
            {
                statuses.Add(await GetStatusAsync(book, "", cancellationToken));
                continue;
            }

            // A key with only free or unpriced calls has tokens but no dollars.
            var keys = new SortedSet<string>(StringComparer.Ordinal);
            foreach (string account in await ledger.ListAccountsAsync(book.AccountsPrefix, cancellationToken))
            {
                if (AccountName.TryParse(account, out AccountName name) && !name.IsShadow)
                {
                    keys.Add(name.Key);
                }
            }

            foreach (string key in keys)
            {
                BudgetStatus status = await GetStatusAsync(book, key, cancellationToken);
                if (status.Spent != 0 || status.Held != 0 || status.Tokens is > 0 || status.Requests is > 0)
                {
                    statuses.Add(status);
                }
            }
        }

        return statuses;
    }

    /// <summary>Reads one budget for one key.</summary>
    public async ValueTask<BudgetStatus> GetStatusAsync(BudgetBook book, string key, CancellationToken cancellationToken)
    {
        BudgetPeriodSlice slice = book.At(ledger.Clock.GetUtcNow());
        Budget budget = book.Budget;
        var limits = new List<AppliedBudget>(1) { new() { Book = book, Key = key, Slice = slice, Limit = book.Limit } };
        await budgets.LimitAsync(limits, cancellationToken);
        long? limit = limits[0].Limit;

        IReadOnlyList<LedgerLineState> states = await ledger.ReadAsync(
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
            PricesAsOf = budgets.PricesAsOf,
        };
    }

    /// <summary>Adds a grant, and for an observing budget the same one to its shadow account.</summary>
    public async ValueTask<bool> GrantAsync(
        BudgetBook book, string key, decimal amount, DateTimeOffset expiresAt, string reason, Guid? id, CancellationToken cancellationToken)
    {
        key = WrittenText.KeyOf(key);
        Guid grantId = id ?? Guid.NewGuid();
        LedgerGrant grant = new()
        {
            Id = grantId,
            Account = book.Account(BudgetUnit.Dollars, key),
            Amount = BudgetBook.ToNanoDollars(amount),
            ExpiresAt = expiresAt,
            Reason = reason,
        };
        bool isNew = await ledger.GrantAsync(grant, cancellationToken);
        if (book.Budget.Enforcement == Enforcement.Observe)
        {
            await ledger.GrantAsync(
                grant with { Id = ShadowIdOf(grantId), Account = book.Account(BudgetUnit.Dollars, key, isShadow: true) }, cancellationToken);
        }

        if (isNew)
        {
            events.Granted(book.Budget.Name, key, amount, expiresAt, reason, ledger.Clock.GetUtcNow());
        }

        return isNew;
    }

    /// <summary>Replaces the dollars of a settled attempt.</summary>
    public async ValueTask<bool> AdjustAsync(Guid callId, int attempt, decimal cost, string reason, Guid? id, CancellationToken cancellationToken)
    {
        var reservation = new LedgerReservationId(callId, attempt, owner);
        if (await ledger.FindAsync(reservation, cancellationToken) is not { IsOpen: false } charge)
        {
            return false;
        }

        long nano = (long)Math.Round(cost * 1_000_000_000m, MidpointRounding.ToEven);
        long[] amounts = new long[charge.Accounts.Count];
        for (int i = 0; i < amounts.Length; i++)
        {
            // The corrected cost is known, so no token stays unpriced.
            amounts[i] = !AccountName.TryParse(charge.Accounts[i], out AccountName name) ? charge.Amounts[i]
                : name.Unit == BudgetUnit.Dollars ? nano
                : name.Unit == BudgetUnit.UnpricedTokens ? 0
                : charge.Amounts[i];
        }

        LedgerSettlementResult result = await ledger.AdjustAsync(
            new LedgerAdjustment { Id = id ?? Guid.NewGuid(), Reservation = reservation, Amounts = amounts, Reason = reason }, cancellationToken);
        if (result.IsApplied)
        {
            foreach (string account in charge.Accounts)
            {
                if (AccountName.TryParse(account, out AccountName name) && name is { Unit: BudgetUnit.Dollars, IsShadow: false })
                {
                    events.Adjusted(name.Budget, name.Key, cost, callId, reason, ledger.Clock.GetUtcNow());
                }
            }
        }

        return result.IsApplied;
    }

    /// <summary>Reports a lease of this tracker that ended.</summary>
    public void OnLeaseExpired(LedgerLeaseExpiry expiry)
    {
        if (string.Equals(expiry.Id.Owner, owner, StringComparison.Ordinal))
        {
            events.LeaseExpired(expiry, ledger.Clock.GetUtcNow(), static account =>
                AccountName.TryParse(account, out AccountName name) && name is { Unit: BudgetUnit.Dollars, IsShadow: false } ? (name.Budget, name.Key) : null);
        }
    }

    /// <summary>Derives the id of the shadow grant, so that repeating the grant repeats both: a ledger applies an id once.</summary>
    private static Guid ShadowIdOf(Guid grantId)
    {
        Span<byte> bytes = stackalloc byte[16];
        grantId.TryWriteBytes(bytes);
        bytes[15] ^= 1;
        return new Guid(bytes);
    }

    private static decimal ToDollars(long nano) => nano / 1_000_000_000m;

    private static decimal? ToDollars(long? nano) => nano / 1_000_000_000m;
}
