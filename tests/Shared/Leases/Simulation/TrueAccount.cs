namespace MeaiBudget.Simulation;

/// <summary>What really happened to an account.</summary>
/// <param name="name">Its name.</param>
/// <param name="limit">Its first limit.</param>
/// <param name="grace">How long after a change of the limit calls may still follow the one before: an exchange; where the network fails, a lease and a call.</param>
internal sealed class TrueAccount(string name, long limit, TimeSpan grace)
{
    private readonly List<(long At, long Limit)> _limits = [(long.MinValue / 2, limit)];

    public string Name { get; } = name;

    public long FirstLimit { get; } = limit;

    public long Limit => _limits[^1].Limit;

    /// <summary>Gets what ended calls cost.</summary>
    public long Spent { get; private set; }

    /// <summary>Gets the part of it beyond reservations, which no ledger can prevent.</summary>
    public long Overrun { get; private set; }

    /// <summary>Gets what the calls that run may cost.</summary>
    public long InUse { get; private set; }

    public long Refusals { get; set; }

    public void ChangeLimit(long limit, long now) => _limits.Add((now, limit));

    public void Begin(long most, long now, long connectedSince, LeaseFigures figures)
    {
        InUse += most;
        long allowed = 0;
        for (int i = _limits.Count - 1; i >= 0; i--)
        {
            allowed = Math.Max(allowed, _limits[i].Limit);
            if (_limits[i].At <= Math.Min(now, connectedSince) - grace.Ticks)
            {
                break;
            }
        }

        if (Spent - Overrun + InUse > allowed)
        {
            figures.Overspent += Spent - Overrun + InUse - allowed;
        }
    }

    public void End(long most, long cost)
    {
        InUse -= most;
        Spent += cost;
        Overrun += Math.Max(0, cost - most);
    }

    /// <summary>True if at most 1 % of the limit is left besides the call.</summary>
    public bool IsRightlyRefused(long most) => Limit - Spent - InUse - most <= Limit / 100;
}
