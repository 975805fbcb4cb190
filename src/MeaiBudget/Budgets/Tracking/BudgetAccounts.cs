using System.Globalization;

namespace MeaiBudget;

/// <summary>Reads and corrects the ledger accounts of a tracker's budgets: status, grants and adjustments.</summary>
internal sealed class BudgetAccounts(string owner, LedgerAccess access, TrackerBudgets budgets, BudgetEvents events)
{
    /// <summary>How many keys one read of the ledger has at most.</summary>
    private const int KeysAtOnce = 500;

    /// <summary>The most age of the limits in a status: they are read with it.</summary>
    private static readonly TimeSpan LimitsAge = TimeSpan.Zero;

    private static readonly BudgetUnit[] Units = Enum.GetValues<BudgetUnit>();

    /// <summary>Reads every budget, for every key that has charges or reservations.</summary>
    public async ValueTask<IReadOnlyList<BudgetStatus>> GetStatusAsync(CancellationToken cancellationToken)
    {
        await budgets.RefreshLimitsAsync(LimitsAge, cancellationToken);
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
            foreach (string account in await access.Ledger.ListAccountsAsync(book.AccountsPrefix, cancellationToken))
            {
                if (AccountName.TryParse(account, out AccountName name) && !name.IsShadow)
                {
                    keys.Add(name.Key);
                }
            }

            foreach (string[] chunk in keys.Chunk(KeysAtOnce))
            {
                statuses.AddRange((await GetStatusesAsync(book, chunk, cancellationToken)).Where(IsUsed));
            }
        }

        return statuses;
    }

    /// <summary>Reads one budget for one key.</summary>
    public async ValueTask<BudgetStatus> GetStatusAsync(BudgetBook book, string key, CancellationToken cancellationToken)
    {
        await budgets.RefreshLimitsAsync(LimitsAge, cancellationToken);
        return (await GetStatusesAsync(book, [key], cancellationToken))[0];
    }

    /// <summary>Sets or removes the limit of a budget or of one key for every service on the ledger.</summary>
    public ValueTask SetLimitAsync(BudgetBook book, string? key, decimal? limit, string reason, CancellationToken cancellationToken) =>
        WriteAsync(CentralLimits.LimitName(book.Budget.Name, WrittenText.KeyOf(key)), limit is null ? null : CentralLimits.Value(limit, reason, access.Ledger.Clock.GetUtcNow()), cancellationToken);

    /// <summary>Stops a budget or one key for every service on the ledger, or resumes it.</summary>
    public ValueTask StopAsync(BudgetBook book, string? key, string? reason, CancellationToken cancellationToken) =>
        WriteAsync(CentralLimits.StopName(book.Budget.Name, WrittenText.KeyOf(key)), reason is null ? null : CentralLimits.Value(null, reason, access.Ledger.Clock.GetUtcNow()), cancellationToken);

    private async ValueTask WriteAsync(string name, string? value, CancellationToken cancellationToken)
    {
        await access.Ledger.WriteSettingAsync(name, value, cancellationToken);
        await budgets.RefreshLimitsAsync(TimeSpan.Zero, cancellationToken);
    }

    /// <summary>Reads one budget for a page of keys.</summary>
    /// <returns>The statuses, and the cursor of the next page; <see langword="null"/> if this is the last one.</returns>
    public async ValueTask<(IReadOnlyList<BudgetStatus> Statuses, string? Next)> GetStatusPageAsync(
        BudgetBook book, string contains, bool isBySpent, string? cursor, int count, CancellationToken cancellationToken)
    {
        await budgets.RefreshLimitsAsync(LimitsAge, cancellationToken);
        BudgetPeriodSlice slice = book.At(access.Ledger.Clock.GetUtcNow());

        // A budget that limits only tokens or requests, or counts free calls, has keys without dollars.
        BudgetUnit unit = book.Limit is not null || budgets.AsksForLimits ? BudgetUnit.Dollars
            : book.Budget.TokenLimit is not null || book.TracksCoverage ? BudgetUnit.Tokens
            : book.Budget.RequestLimit is not null ? BudgetUnit.Requests : BudgetUnit.Dollars;
        string prefix = book.Prefix(unit);
        IReadOnlyList<KeyValuePair<string, LedgerLineState>> page = await access.Ledger.ReadPageAsync(
            new LedgerAccountQuery(prefix, slice.FirstIndex, slice.Index), contains, isBySpent, StatusCursor.Parse(cursor, prefix), count, cancellationToken);
        BudgetStatus[] statuses = await GetStatusesAsync(book, [.. page.Select(account => account.Key[prefix.Length..])], cancellationToken);
        return (statuses, page.Count < count ? null : StatusCursor.Write(page[^1], prefix));
    }

    private static bool IsUsed(BudgetStatus status) => status.Spent != 0 || status.Held != 0 || status.Tokens is > 0 || status.Requests is > 0;

    /// <summary>Reads one budget for some keys. Of each only the accounts that its status shows are read.</summary>
    private async ValueTask<BudgetStatus[]> GetStatusesAsync(BudgetBook book, string[] keys, CancellationToken cancellationToken)
    {
        BudgetPeriodSlice slice = book.At(access.Ledger.Clock.GetUtcNow());
        Budget budget = book.Budget;
        BudgetUnit[] units = [.. Units.Where(unit => unit switch
        {
            BudgetUnit.Tokens => budget.TokenLimit is not null || book.TracksCoverage,
            BudgetUnit.Requests => budget.RequestLimit is not null,
            _ => true,
        })];
        var statuses = new BudgetStatus[keys.Length];
        for (int start = 0; start < keys.Length; start += KeysAtOnce)
        {
            string[] some = keys[start..Math.Min(keys.Length, start + KeysAtOnce)];
            var limits = new List<AppliedBudget>(some.Length);
            foreach (string key in some)
            {
                limits.Add(new AppliedBudget { Book = book, Key = key, Slice = slice, Limit = book.Limit });
            }

            await budgets.LimitAsync(limits, cancellationToken);
            IReadOnlyList<LedgerLineState> states = await ReadAsync(book, slice, some, units, cancellationToken);
            for (int i = 0; i < some.Length; i++)
            {
                int first = i * units.Length;
                LedgerLineState Of(BudgetUnit unit) => Array.IndexOf(units, unit) is >= 0 and int place ? states[first + place] : default;
                LedgerLineState tokens = Of(BudgetUnit.Tokens);
                long unpriced = Of(BudgetUnit.UnpricedTokens).Charged;
                if (unpriced > 0 && !units.Contains(BudgetUnit.Tokens))
                {
                    // The budget counted tokens before its rules changed.
                    tokens = (await ReadAsync(book, slice, [some[i]], [BudgetUnit.Tokens], cancellationToken))[0];
                }

                statuses[start + i] = StatusOf(limits[i], Of(BudgetUnit.Dollars), tokens, Of(BudgetUnit.Requests), unpriced);
            }
        }

        return statuses;
    }

    private async ValueTask<IReadOnlyList<LedgerLineState>> ReadAsync(BudgetBook book, BudgetPeriodSlice slice, string[] keys, BudgetUnit[] units, CancellationToken cancellationToken)
    {
        var queries = new LedgerAccountQuery[keys.Length * units.Length];
        for (int i = 0; i < queries.Length; i++)
        {
            queries[i] = new LedgerAccountQuery(book.Account(units[i % units.Length], keys[i / units.Length]), slice.FirstIndex, slice.Index);
        }

        return await access.Ledger.ReadAsync(queries, cancellationToken);
    }

    private BudgetStatus StatusOf(in AppliedBudget applied, LedgerLineState dollars, LedgerLineState tokens, LedgerLineState requests, long unpriced)
    {
        Budget budget = applied.Book.Budget;
        return new BudgetStatus
        {
            Budget = budget.Name,
            Key = applied.Key,
            Enforcement = budget.Enforcement,
            IsStopped = applied.IsStopped,
            Limit = ToDollars(applied.Limit),
            Granted = ToDollars(dollars.Granted),
            Spent = ToDollars(dollars.Charged),
            Held = ToDollars(dollars.Held),
            Unconfirmed = ToDollars(dollars.Unconfirmed),
            Overrun = ToDollars(dollars.Overrun),
            Remaining = applied.Limit is { } most
                ? Math.Max(0m, ToDollars(most) + ToDollars(dollars.Granted) - ToDollars(dollars.Charged) - ToDollars(dollars.Held))
                : null,
            PeriodStart = budget.Period.Kind == BudgetPeriodKind.Run ? null : applied.Slice.Start,
            ResetsAt = applied.Slice.End,
            Coverage = unpriced == 0 ? 1m : 1m - ((decimal)unpriced / Math.Max(unpriced, tokens.Charged)),
            Tokens = budget.TokenLimit is not null || applied.Book.TracksCoverage ? tokens.Charged + tokens.Held : null,
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
        bool isNew = await access.Ledger.GrantAsync(grant, cancellationToken);
        if (book.Budget.Enforcement == Enforcement.Observe)
        {
            await access.Ledger.GrantAsync(
                grant with { Id = ShadowIdOf(grantId), Account = book.Account(BudgetUnit.Dollars, key, isShadow: true) }, cancellationToken);
        }

        if (isNew)
        {
            events.Granted(book.Budget.Name, key, amount, expiresAt, reason, access.Ledger.Clock.GetUtcNow());
        }

        return isNew;
    }

    /// <summary>Replaces the dollars of a settled attempt.</summary>
    /// <remarks>
    /// The ids of reservations have the owner's name, which by default consists of the names of the budgets. Attempts that were made
    /// under another set of budgets are therefore looked up by all owners. A repeated request of the attempt has a reservation of its
    /// own, which the new total includes.
    /// </remarks>
    public async ValueTask<bool> AdjustAsync(Guid callId, int attempt, decimal cost, string reason, Guid? id, CancellationToken cancellationToken)
    {
        Guid adjustment = id ?? Guid.NewGuid();
        long nano = (long)Math.Round(cost * 1_000_000_000m, MidpointRounding.ToEven);
        var own = new LedgerReservationId(callId, attempt, owner);
        LedgerCharge? charge = await access.Ledger.FindAsync(own, cancellationToken);
        IReadOnlyList<LedgerReservationId> all = await access.Ledger.FindAllAsync(callId, attempt, cancellationToken);
        string adjusted = owner;
        if (charge is null)
        {
            foreach (LedgerReservationId other in all)
            {
                if (PartOf(other.Owner) is null && await access.Ledger.FindAsync(other, cancellationToken) is { } found && found.Accounts.Any(IsOurs))
                {
                    (charge, adjusted) = (found, other.Owner);
                    break;
                }
            }
        }

        if (charge is not { IsOpen: false } || !await AdjustAsync(own with { Owner = adjusted }, charge, adjustment, nano, reason, cancellationToken))
        {
            return false;
        }

        foreach (LedgerReservationId part in all)
        {
            if (string.Equals(PartOf(part.Owner), adjusted, StringComparison.Ordinal) && await access.Ledger.FindAsync(part, cancellationToken) is { IsOpen: false } added)
            {
                await AdjustAsync(part, added, DerivedId(adjustment, part.Owner), 0, reason, cancellationToken);
            }
        }

        foreach (string account in charge.Accounts)
        {
            if (AccountName.TryParse(account, out AccountName name) && name is { Unit: BudgetUnit.Dollars, IsShadow: false })
            {
                events.Adjusted(name.Budget, name.Key, cost, callId, reason, access.Ledger.Clock.GetUtcNow());
            }
        }

        return true;
    }

    /// <summary>Reports an ended lease of this tracker's budgets, also if the reservation was made under another set of budgets.</summary>
    public void OnLeaseExpired(LedgerLeaseExpiry expiry)
    {
        if (access.History is { } history && string.Equals(PartOf(expiry.Id.Owner) ?? expiry.Id.Owner, owner, StringComparison.Ordinal))
        {
            history.Expired(expiry);
        }

        events.LeaseExpired(expiry, access.Ledger.Clock.GetUtcNow(), account =>
            AccountName.TryParse(account, out AccountName name) && name is { Unit: BudgetUnit.Dollars, IsShadow: false } && IsOurs(account) ? (name.Budget, name.Key) : null);
    }

    /// <summary>Returns the owner of the reservation that a part belongs to; <see langword="null"/> for a reservation that is no part.</summary>
    private static string? PartOf(string partOwner)
    {
        int mark = partOwner.LastIndexOf('#');
        return mark >= 0 && int.TryParse(partOwner.AsSpan(mark + 1), NumberStyles.None, CultureInfo.InvariantCulture, out _) ? partOwner[..mark] : null;
    }

    private async ValueTask<bool> AdjustAsync(
        LedgerReservationId reservation, LedgerCharge charge, Guid adjustment, long nano, string reason, CancellationToken cancellationToken)
    {
        long[] amounts = new long[charge.Accounts.Count];
        for (int i = 0; i < amounts.Length; i++)
        {
            // The corrected cost is known, so no token stays unpriced.
            amounts[i] = !AccountName.TryParse(charge.Accounts[i], out AccountName name) ? charge.Amounts[i]
                : name.Unit == BudgetUnit.Dollars ? nano
                : name.Unit == BudgetUnit.UnpricedTokens ? 0
                : charge.Amounts[i];
        }

        LedgerSettlementResult result = await access.Ledger.AdjustAsync(
            new LedgerAdjustment { Id = adjustment, Reservation = reservation, Amounts = amounts, Reason = reason }, cancellationToken);
        if (result.IsApplied && access.History is { } history)
        {
            await history.AdjustedAsync(reservation, charge.Accounts, amounts, cancellationToken);
        }

        return result.IsApplied;
    }

    private bool IsOurs(string account) =>
        AccountName.TryParse(account, out AccountName name) && Array.Exists(budgets.Books, book => string.Equals(book.Budget.Name, name.Budget, StringComparison.Ordinal));

    /// <summary>Derives the id of the adjustment of a part, so that repeating an adjustment repeats all of them.</summary>
    private static Guid DerivedId(Guid adjustment, string partOwner)
    {
        Span<byte> bytes = stackalloc byte[16];
        adjustment.TryWriteBytes(bytes);
        int part = int.Parse(partOwner.AsSpan(partOwner.LastIndexOf('#') + 1), NumberStyles.None, CultureInfo.InvariantCulture);
        bytes[14] ^= (byte)part;
        bytes[15] ^= 0x80;
        return new Guid(bytes);
    }

    /// <summary>Derives the id of the shadow grant, so that repeating the grant repeats both: a ledger applies an id once.</summary>
    internal static Guid ShadowIdOf(Guid grantId)
    {
        Span<byte> bytes = stackalloc byte[16];
        grantId.TryWriteBytes(bytes);
        bytes[15] ^= 1;
        return new Guid(bytes);
    }

    private static decimal ToDollars(long nano) => nano / 1_000_000_000m;

    private static decimal? ToDollars(long? nano) => nano / 1_000_000_000m;
}
