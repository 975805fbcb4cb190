namespace MeaiBudget;

/// <summary>The accounts of an in-memory ledger, and when each is visited to remove what no longer counts.</summary>
internal sealed class InMemoryAccounts
{
    /// <summary>How many accounts one operation visits at most, so that none takes long.</summary>
    private const int VisitsPerOperation = 4;

    /// <summary>How many ids of grants are remembered, so that repeating a grant changes nothing.</summary>
    private const int RememberedGrants = 16_384;

    private readonly HashSet<Guid> _grantIds = [];
    private readonly Queue<Guid> _grantsInOrder = new();
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

    /// <summary>Adds the accounts that a page can hold.</summary>
    public void AddTo(LedgerPage page, LedgerAccountQuery accounts, long now)
    {
        foreach (InMemoryAccount account in _accounts.Values)
        {
            if (page.CanHold(account.Name))
            {
                page.Add(account.Name, account.Read(accounts.FirstPeriod, accounts.Period, now, fits: true));
            }
        }
    }

    /// <summary>Adds a grant. Returns false if its id is known, also if that grant has ended.</summary>
    public bool Grant(LedgerGrant grant, long now)
    {
        if (!_grantIds.Add(grant.Id))
        {
            return false;
        }

        _grantsInOrder.Enqueue(grant.Id);
        if (_grantsInOrder.Count > RememberedGrants)
        {
            _grantIds.Remove(_grantsInOrder.Dequeue());
        }

        if (grant.ExpiresAt.UtcTicks > now)
        {
            InMemoryAccount account = GetOrAdd(grant.Account, grant.ExpiresAt.UtcTicks);
            account.AddGrant(grant);
            account.NotifyChanged();
        }

        return true;
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
