namespace MeaiBudget;

/// <summary>The grants of one account.</summary>
internal sealed class InMemoryGrants
{
    private readonly List<LedgerGrant> _grants = [];

    public bool IsEmpty => _grants.Count == 0;

    /// <summary>Gets the UTC ticks at which the first grant ends; <see cref="long.MaxValue"/> without grants.</summary>
    public long FirstEnd
    {
        get
        {
            long first = long.MaxValue;
            foreach (LedgerGrant grant in _grants)
            {
                first = Math.Min(first, grant.ExpiresAt.UtcTicks);
            }

            return first;
        }
    }

    /// <summary>Adds a grant whose id is new.</summary>
    public void Add(LedgerGrant grant) => _grants.Add(grant);

    /// <summary>Adds up the grants in force.</summary>
    public long Sum(long now)
    {
        long granted = 0;
        foreach (LedgerGrant grant in _grants)
        {
            if (grant.ExpiresAt.UtcTicks > now)
            {
                granted = SaturatingMath.Add(granted, grant.Amount);
            }
        }

        return granted;
    }

    public void RemoveEnded(long now) => _grants.RemoveAll(grant => grant.ExpiresAt.UtcTicks <= now);
}
