namespace MeaiBudget;

/// <summary>One account: its periods, its grants, and the callers that wait for a change.</summary>
internal sealed class InMemoryAccount(string name)
{
    /// <summary>Sorted by index; mostly one.</summary>
    private readonly List<InMemoryPeriod> _periods = new(1);
    private InMemoryGrants? _grants;
    private TaskCompletionSource? _changed;

    public readonly string Name = name;

    /// <summary>The amount that open reservations hold, over all periods.</summary>
    public long Held;
    public int OpenReservations;

    /// <summary>The UTC ticks until which a slice of the account wants more than it got.</summary>
    public long WantedUntil;

    /// <summary>How many entries the account has in the queue of <see cref="InMemoryAccounts"/>.</summary>
    public int QueuedVisits;

    /// <summary>True if a period has a charge or a reservation is open.</summary>
    public bool IsInUse => OpenReservations > 0 || _periods.Exists(period => period.Charged != 0);

    public InMemoryPeriod GetOrAddPeriod(long index, long forgetAfter)
    {
        int i = _periods.Count - 1;
        while (i >= 0 && _periods[i].Index > index)
        {
            i--;
        }

        InMemoryPeriod period;
        if (i >= 0 && _periods[i].Index == index)
        {
            period = _periods[i];
        }
        else
        {
            period = new InMemoryPeriod(index);
            _periods.Insert(i + 1, period);
        }

        period.ForgetAfter = Math.Max(period.ForgetAfter, forgetAfter);
        return period;
    }

    public InMemoryPeriod? FindPeriod(long index) => _periods.Find(period => period.Index == index);

    /// <summary>Adds up the periods from <paramref name="first"/> to <paramref name="last"/>.</summary>
    public LedgerLineState Read(long first, long last, long now, bool fits)
    {
        long charged = 0, unconfirmed = 0, overrun = 0, held = 0;

        // A process whose clock is ahead charges later periods. A range includes as many of them as it is long.
        long lastCounted = SaturatingMath.Add(last, last - first);
        for (int i = _periods.Count - 1; i >= 0; i--)
        {
            InMemoryPeriod period = _periods[i];
            if (period.Index < first)
            {
                break;
            }

            if (period.Index <= lastCounted)
            {
                charged = SaturatingMath.Add(charged, period.Charged);
                unconfirmed = SaturatingMath.Add(unconfirmed, period.Unconfirmed);
                overrun = SaturatingMath.Add(overrun, period.Overrun);
                held = SaturatingMath.Add(held, period.Held);
            }
        }

        // In a rolling budget, open reservations count whatever their age.
        if (first < last)
        {
            held = Held;
        }

        return new LedgerLineState(charged, held, unconfirmed, overrun, _grants is null ? 0 : _grants.Sum(now), fits);
    }

    public void AddGrant(LedgerGrant grant) => (_grants ??= new InMemoryGrants()).Add(grant);

    /// <summary>Returns a task that completes at the next change.</summary>
    public Task WhenChanged() =>
        (_changed ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;

    public void NotifyChanged()
    {
        _changed?.TrySetResult();
        _changed = null;
    }

    /// <summary>Lets every period be forgotten as soon as nothing of it is open.</summary>
    public void ExpirePeriods() => _periods.ForEach(period => period.ForgetAfter = long.MinValue);

    /// <summary>Removes periods and grants that no longer count. Returns false if none is left, else sets the time of the next visit.</summary>
    public bool TryTidy(long now, out long nextVisit)
    {
        _periods.RemoveAll(period => period.OpenReservations == 0 && period.ForgetAfter <= now);
        _grants?.RemoveEnded(now);
        nextVisit = _grants?.FirstEnd ?? long.MaxValue;
        foreach (InMemoryPeriod period in _periods)
        {
            // An outdated period with an open reservation is visited again in a minute.
            nextVisit = Math.Min(nextVisit, Math.Max(period.ForgetAfter, now + TimeSpan.TicksPerMinute));
        }

        return _periods.Count > 0 || _grants is { IsEmpty: false };
    }
}
