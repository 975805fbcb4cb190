using System.Buffers;

namespace MeaiBudget;

/// <summary>The accounts of an in-memory ledger, and when each is visited to remove what no longer counts.</summary>
internal sealed class InMemoryAccounts
{
    /// <summary>How many accounts one operation visits at most, so that none takes long.</summary>
    private const int VisitsPerOperation = 4;

    private readonly InMemoryIds _grants = new();
    private readonly InMemoryIds _adjustments = new();
    private readonly Dictionary<string, InMemoryAccount> _accounts = new(StringComparer.Ordinal);
    private readonly PriorityQueue<InMemoryAccount, long> _visits = new();

    public int Count => _accounts.Count;

    public InMemoryAccount? Find(string name) => _accounts.GetValueOrDefault(name);

    public InMemoryAccount GetOrAdd(string name, long forgetAfter)
    {
        if (!_accounts.TryGetValue(name, out InMemoryAccount? account))
        {
            account = new InMemoryAccount(name);
            _accounts.Add(name, account);
            Enqueue(account, forgetAfter);
        }

        return account;
    }

    public LedgerLineState Read(string name, long firstPeriod, long lastPeriod, long now, bool fits) =>
        _accounts.TryGetValue(name, out InMemoryAccount? account)
            ? account.Read(firstPeriod, lastPeriod, now, fits)
            : new LedgerLineState(0, 0, 0, 0, 0, fits);

    /// <summary>Lists the names of the accounts in use, sorted.</summary>
    public List<string> ListNames(string prefix)
    {
        var names = new List<string>();
        foreach (InMemoryAccount account in _accounts.Values)
        {
            if (account.IsInUse && account.Name.StartsWith(prefix, StringComparison.Ordinal))
            {
                names.Add(account.Name);
            }
        }

        names.Sort(StringComparer.Ordinal);
        return names;
    }

    /// <summary>Copies all accounts to an array of the pool.</summary>
    public InMemoryAccount[] Copy(out int count)
    {
        count = _accounts.Count;
        InMemoryAccount[] accounts = ArrayPool<InMemoryAccount>.Shared.Rent(count);
        _accounts.Values.CopyTo(accounts, 0);
        return accounts;
    }

    /// <summary>Adds a grant. Returns false if its id is known, also if that grant has ended.</summary>
    public bool Grant(LedgerGrant grant, long now)
    {
        if (!_grants.Add(grant.Id))
        {
            return false;
        }

        if (grant.ExpiresAt.UtcTicks > now)
        {
            InMemoryAccount account = GetOrAdd(grant.Account, grant.ExpiresAt.UtcTicks);
            account.AddGrant(grant);
            account.NotifyChanged();
        }

        return true;
    }

    /// <summary>Adds a signed amount to an account's charge in a period, unless its id is known or the charge would become negative.</summary>
    public LedgerSettlementResult Adjust(LedgerAdjustment adjustment, LedgerAccountQuery query, long now)
    {
        InMemoryAccount? account = Find(query.Account);
        InMemoryPeriod? period = account?.FindPeriod(query.Period);
        if (account is null || period is null or { Charged: 0, OpenReservations: 0 })
        {
            // Repeated: the adjustment itself may have lowered the charge to zero.
            LedgerLineState current = account?.Read(query.Period, query.Period, now, fits: true) ?? new LedgerLineState(0, 0, 0, 0, 0, Fits: true);
            return _adjustments.Contains(adjustment.Id)
                ? new LedgerSettlementResult(false, [current], [current])
                : new LedgerSettlementResult(false, [], []) { IsUnknown = true };
        }

        LedgerLineState before = account.Read(query.Period, query.Period, now, fits: true);
        long? charged = SaturatingMath.Adjust(period.Charged, adjustment.Amounts[0]);
        bool applies = charged is not null && _adjustments.Add(adjustment.Id);
        if (applies)
        {
            period.Replace(period.Charged, charged!.Value);
            account.NotifyChanged();
        }

        return new LedgerSettlementResult(applies, [before], [account.Read(query.Period, query.Period, now, fits: true)]);
    }

    /// <summary>Forgets an account's charges at one of the next operations. Open reservations still settle.</summary>
    public void Forget(string name, long now)
    {
        if (_accounts.TryGetValue(name, out InMemoryAccount? account))
        {
            account.ExpirePeriods();
            Enqueue(account, now);
        }
    }

    /// <summary>Visits a few accounts whose time has come.</summary>
    public void Tidy(long now)
    {
        for (int i = 0; i < VisitsPerOperation && _visits.TryPeek(out InMemoryAccount? account, out long due) && due <= now; i++)
        {
            _visits.Dequeue();
            account.QueuedVisits--;
            if (account.TryTidy(now, out long next))
            {
                if (account.QueuedVisits == 0)
                {
                    Enqueue(account, next);
                }
            }
            else if (_accounts.TryGetValue(account.Name, out InMemoryAccount? kept) && ReferenceEquals(kept, account))
            {
                _accounts.Remove(account.Name);
                account.NotifyChanged();
            }
        }
    }

    private void Enqueue(InMemoryAccount account, long due)
    {
        account.QueuedVisits++;
        _visits.Enqueue(account, due);
    }
}
