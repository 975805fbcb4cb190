namespace MeaiBudget.Tests;

/// <summary>When the in-memory ledger forgets accounts, grants, ids and closed reservations. Times are UTC ticks.</summary>
public sealed class InMemoryAccountTests
{
    private const long Minute = TimeSpan.TicksPerMinute;

    private readonly InMemoryAccounts _accounts = new();

    [Fact]
    public void AnAccountIsForgottenWhenItsPeriodsNoLongerCount()
    {
        Charge("a", 1, forgetAfter: 100);
        Charge("a", 2, forgetAfter: 100 + Minute);
        Task changed = _accounts.Find("a")!.WhenChanged();

        _accounts.Tidy(99);
        Assert.Equal((1, 7), (_accounts.Count, Charged("a", 1)));
        _accounts.Tidy(100);
        Assert.Equal((1, 0, 7), (_accounts.Count, Charged("a", 1), Charged("a", 2)));
        _accounts.Tidy(99 + Minute);
        Assert.Equal(1, _accounts.Count);
        Assert.False(changed.IsCompleted);
        _accounts.Tidy(100 + Minute);
        Assert.Equal(0, _accounts.Count);
        Assert.True(changed.IsCompleted);
        Assert.Null(_accounts.Find("a"));
    }

    [Fact]
    public void AnOutdatedAccountWithAnOpenReservationIsVisitedAgainInAMinute()
    {
        InMemoryPeriod period = Charge("a", 1, forgetAfter: 100);
        period.OpenReservations++;

        _accounts.Tidy(100);
        period.OpenReservations--;
        _accounts.Tidy(99 + Minute);
        Assert.Equal(1, _accounts.Count);
        _accounts.Tidy(100 + Minute);
        Assert.Equal(0, _accounts.Count);
    }

    [Fact]
    public void AnAccountIsKeptAsLongAsAGrantHolds()
    {
        Charge("a", 1, forgetAfter: 100);
        Assert.True(_accounts.Grant(Grant(5, until: 100 + (2 * Minute)), 0));
        Assert.True(_accounts.Grant(Grant(3, until: 100 + (3 * Minute)), 0));

        _accounts.Tidy(100);
        Assert.Equal((1, 8), (_accounts.Count, Granted(100 + (2 * Minute) - 1)));
        Assert.Equal(3, Granted(100 + (2 * Minute)));
        _accounts.Tidy(100 + (2 * Minute));
        Assert.Equal((1, 3), (_accounts.Count, Granted(0)));
        _accounts.Tidy(99 + (3 * Minute));
        Assert.Equal(1, _accounts.Count);
        _accounts.Tidy(100 + (3 * Minute));
        Assert.Equal(0, _accounts.Count);
    }

    [Fact]
    public void AGrantCountsOnceAndWakesWhoWaits()
    {
        Charge("a", 1, forgetAfter: 100);
        LedgerGrant grant = Grant(5, until: 50);
        Task changed = _accounts.Find("a")!.WhenChanged();

        Assert.True(_accounts.Grant(grant, 49));
        Assert.True(changed.IsCompleted);
        Assert.False(_accounts.Grant(grant, 49));
        Assert.Equal(5, Granted(49));

        // A grant that has ended is remembered, and makes no account.
        LedgerGrant ended = Grant(5, until: 50) with { Account = "b" };
        Assert.True(_accounts.Grant(ended, 50));
        Assert.False(_accounts.Grant(ended, 50));
        Assert.Equal(1, _accounts.Count);
    }

    [Fact]
    public void AnOperationVisitsFourAccountsAtMost()
    {
        for (int i = 0; i < 9; i++)
        {
            Charge("a" + i, 1, forgetAfter: 100);
        }

        _accounts.Tidy(100);
        Assert.Equal(5, _accounts.Count);
        _accounts.Tidy(100);
        Assert.Equal(1, _accounts.Count);
        _accounts.Tidy(100);
        Assert.Equal(0, _accounts.Count);
    }

    [Fact]
    public void AnAccountThatIsNotNeededIsForgottenAtTheNextOperation()
    {
        Charge("a", 1, forgetAfter: 1_000);
        Charge("b", 1, forgetAfter: 1_000);

        _accounts.Forget("a", 5);
        _accounts.Forget("unknown", 5);
        _accounts.Tidy(4);
        Assert.Equal(2, _accounts.Count);
        _accounts.Tidy(5);
        Assert.Equal((1, 7), (_accounts.Count, Charged("b", 1)));
        Assert.Null(_accounts.Find("a"));

        // An account of the same name begins anew, whatever is left in the queue of the old one.
        Charge("a", 1, forgetAfter: 2_000);
        _accounts.Tidy(1_000);
        Assert.Equal((1, 7), (_accounts.Count, Charged("a", 1)));
    }

    [Fact]
    public void AccountsInUseAreListedByName()
    {
        foreach (string name in (string[])["b/2", "a/1", "b/10", "c/1", "b/1"])
        {
            Charge(name, 1, forgetAfter: 100);
        }

        _accounts.GetOrAdd("b/0", 100);

        Assert.Equal(["b/1", "b/10", "b/2"], _accounts.ListNames("b/"));
        Assert.Equal(["a/1", "b/1", "b/10", "b/2", "c/1"], _accounts.ListNames(""));
    }

    [Fact]
    public void AnAdjustmentOfAnAccountIsAppliedOnceAndWakesWhoWaits()
    {
        Charge("a", 1, forgetAfter: 100);
        var adjustment = LedgerAdjustment.OfAccount(Guid.NewGuid(), "a", 1, -3, "refund");
        Task changed = _accounts.Find("a")!.WhenChanged();

        LedgerSettlementResult applied = _accounts.Adjust(adjustment, adjustment.Account!.Value, 0);
        LedgerSettlementResult again = _accounts.Adjust(adjustment, adjustment.Account!.Value, 0);

        Assert.True(changed.IsCompleted);
        Assert.Equal((true, 7, 4), (applied.IsApplied, applied.Before[0].Charged, applied.After[0].Charged));
        Assert.Equal((false, 4, 4), (again.IsApplied, again.Before[0].Charged, again.After[0].Charged));
        Assert.True(applied.Before[0].Fits && applied.After[0].Fits);
        var tooMuch = LedgerAdjustment.OfAccount(Guid.NewGuid(), "a", 1, -5, "refund");
        Assert.False(_accounts.Adjust(tooMuch, tooMuch.Account!.Value, 0).IsApplied);
        var unknown = LedgerAdjustment.OfAccount(Guid.NewGuid(), "a", 2, -1, "refund");
        Assert.True(_accounts.Adjust(unknown, unknown.Account!.Value, 0).IsUnknown);
    }

    [Fact]
    public void TheNewest16384IdsAreRemembered()
    {
        var ids = new InMemoryIds();
        var first = Guid.NewGuid();
        Assert.True(ids.Add(first));
        for (int i = 1; i < 16_384; i++)
        {
            Assert.True(ids.Add(Guid.NewGuid()));
        }

        Assert.False(ids.Add(first));
        Assert.True(ids.Add(Guid.NewGuid()));
        Assert.True(ids.Add(first));
    }

    [Fact]
    public void AReservationThatIsClosedAgainKeepsItsLastPlace()
    {
        var queue = new InMemoryClosedQueue();
        InMemoryReservation[] closed = [.. Enumerable.Range(0, 3).Select(number => new InMemoryReservation(new LedgerReservationId(Guid.NewGuid(), number, "x"), 0))];
        queue.Add(closed[0], 30);
        queue.Add(closed[1], 20);
        queue.Add(closed[0], 10);
        queue.Add(closed[2], 40);
        Assert.Equal(long.MinValue, queue.ForgottenUntil);
        Assert.False(queue.TryTakeBeyond(4, out _));

        Assert.True(queue.TryTakeBeyond(3, out InMemoryReservation? taken) || queue.TryTakeBeyond(2, out taken));
        Assert.Same(closed[1], taken);
        Assert.Equal(20, queue.ForgottenUntil);
        Assert.True(queue.TryTakeBeyond(1, out taken));
        Assert.Same(closed[0], taken);
        Assert.Equal(20, queue.ForgottenUntil);

        closed[2].RememberUntil = 50;
        Assert.False(queue.TryTakeOutdated(49, out _));
        Assert.True(queue.TryTakeOutdated(50, out taken));
        Assert.Same(closed[2], taken);
        Assert.Equal(40, queue.ForgottenUntil);
        Assert.False(queue.TryTakeOutdated(50, out _));
    }

    private InMemoryPeriod Charge(string account, long period, long forgetAfter)
    {
        InMemoryPeriod found = _accounts.GetOrAdd(account, forgetAfter).GetOrAddPeriod(period, forgetAfter);
        found.Charged = 7;
        return found;
    }

    private long Charged(string account, long period) => _accounts.Read(account, period, period, 0, fits: true).Charged;

    private long Granted(long now) => _accounts.Read("a", 1, 1, now, fits: true).Granted;

    private static LedgerGrant Grant(long amount, long until) =>
        new() { Id = Guid.NewGuid(), Account = "a", Amount = amount, ExpiresAt = new DateTimeOffset(until, TimeSpan.Zero), Reason = "more" };
}
