namespace MeaiBudget.Tests;

/// <summary>Which reservations are remembered, renewed and told apart. Times are UTC ticks.</summary>
public sealed class InMemoryReservationsTests
{
    private const long Now = 1_000;
    private static readonly TimeSpan Lease = TimeSpan.FromTicks(100);

    private readonly InMemoryAccounts _accounts = new();
    private readonly InMemoryReservations _reservations;

    public InMemoryReservationsTests() => _reservations = new InMemoryReservations(_accounts);

    [Fact]
    public void ReleasedReservationsAreForgottenLikeSettledOnes()
    {
        _reservations.MostClosed = 1;
        LedgerReservationId first = Reserve(1);
        LedgerReservationId second = Reserve(2);

        _reservations.Release(first, Now);
        Assert.True(_reservations.TryFindAny(first, out _));
        _reservations.Release(second, Now + 1);

        Assert.False(_reservations.TryFindAny(first, out _));
        Assert.True(_reservations.TryFindAny(second, out _));
        Assert.Equal(Now, _reservations.ForgottenUntil);
    }

    [Fact]
    public void SettlementsDoNotDisplaceAReservationThatWaitsForItsSettlement()
    {
        _reservations.MostClosed = 1;
        LedgerReservationId unconfirmed = Reserve(1);
        LedgerReservationId settled = Reserve(2);
        LedgerReservationId newest = Reserve(3);

        Settle(unconfirmed, isUnconfirmed: true);
        Settle(settled);
        Settle(newest);

        Assert.NotNull(_reservations.Find(unconfirmed));
        Assert.Null(_reservations.Find(settled));
        Assert.NotNull(_reservations.Find(newest));
    }

    [Fact]
    public void WhatIsForgottenInEitherListCountsAsForgotten()
    {
        _reservations.MostClosed = 0;
        Assert.Equal(long.MinValue, _reservations.ForgottenUntil);

        Settle(Reserve(1), isUnconfirmed: true, now: Now + 5);
        Assert.Equal(Now + 5, _reservations.ForgottenUntil);
        Settle(Reserve(2), now: Now + 3);
        Assert.Equal(Now + 5, _reservations.ForgottenUntil);
        Settle(Reserve(3), now: Now + 8);
        Assert.Equal(Now + 8, _reservations.ForgottenUntil);
    }

    [Fact]
    public void TheLongestLeaseNeverEnds()
    {
        LedgerReservationId id = Id(1);
        _reservations.Reserve(Reservation(id) with { Lease = TimeSpan.MaxValue }, Now);
        Assert.True(_reservations.Renew(id, TimeSpan.MaxValue, Now + 1));

        Assert.False(_reservations.TryExpire(DateTimeOffset.MaxValue.Ticks - 1, out _));
        Assert.True(_reservations.Find(id)!.IsOpen);
    }

    [Fact]
    public void WhatEndedWithItsLeaseIsForgottenToo()
    {
        _reservations.MostClosed = 0;
        Reserve(1);

        Assert.True(_reservations.TryExpire(Now + Lease.Ticks, out InMemoryReservation? expired));

        Assert.Equal(Id(1), expired.Id);
        Assert.Null(_reservations.Find(Id(1)));
        Assert.Equal((10L, 0), (_accounts.Find("a")!.FindPeriod(1)!.Charged, _reservations.OpenCount));
    }

    [Fact]
    public void AReservationThatIsMadeAgainIsNotForgottenWithItsRelease()
    {
        _reservations.MostClosed = 1;
        Reserve(1);
        _reservations.Release(Id(1), Now);
        Reserve(1);

        Settle(Reserve(2));
        Settle(Reserve(3));

        Assert.True(_reservations.Find(Id(1))?.IsOpen);
        Assert.Null(_reservations.Find(Id(2)));
    }

    [Fact]
    public void ARepetitionWithMoreLinesStatesAllOfThem()
    {
        LedgerReservation reservation = Reservation(Id(1));
        Reserve(1);

        LedgerReservationResult again = _reservations.Reserve(reservation with { Lines = [reservation.Lines[0], reservation.Lines[0] with { Account = "b" }] }, Now);

        Assert.Equal([true, false], again.Lines.Select(line => line.Fits));
        Assert.Equal((true, 10L), (again.IsAdmitted, _accounts.Find("a")!.Held));
    }

    [Fact]
    public void ASettlementWakesWhoWaits()
    {
        Reserve(1);
        Task changed = _accounts.Find("a")!.WhenChanged();
        Settle(Id(1));
        Assert.True(changed.IsCompleted);
    }

    [Fact]
    public void AnAdjustmentOfAnUnknownReservationIsSaidToBe()
    {
        Reserve(1);
        _reservations.Release(Id(1), Now);
        foreach (LedgerReservationId id in (LedgerReservationId[])[Id(1), Id(2)])
        {
            LedgerSettlementResult result = _reservations.Adjust(new LedgerAdjustment { Id = Guid.NewGuid(), Reservation = id, Amounts = [1], Reason = "test" }, Now);
            Assert.Equal((false, true), (result.IsApplied, result.IsUnknown));
        }
    }

    [Fact]
    public void AWrongNumberOfAmountsIsRefusedByName()
    {
        Reserve(1);
        ArgumentException exception = Assert.Throws<ArgumentException>(() => _reservations.Settle(new LedgerSettlement { Id = Id(1), Amounts = [1, 2] }, Now));
        Assert.Equal($"Reservation {Id(1)} has 1 lines, but 2 amounts were given. Give one amount for each line.", exception.Message);
        Assert.True(_reservations.Find(Id(1))!.IsOpen);
    }

    [Fact]
    public void TheEndOfALeaseWakesWhoWaits()
    {
        Reserve(1);
        Task changed = _accounts.Find("a")!.WhenChanged();

        Assert.False(_reservations.TryExpire(Now + Lease.Ticks - 1, out _));
        Assert.False(changed.IsCompleted);
        Assert.True(_reservations.TryExpire(Now + Lease.Ticks, out InMemoryReservation? expired));

        Assert.True(changed.IsCompleted);
        Assert.Equal((InMemoryReservationState.Expired, 10L), (expired.State, _accounts.Find("a")!.FindPeriod(1)!.Unconfirmed));
    }

    [Fact]
    public void StatesAreStatedOnlyIfTheyAreWanted()
    {
        Assert.Empty(_reservations.Reserve(Reservation(Id(1)) with { WantsStates = false }, Now).Lines);
        Assert.Equal(20, Assert.Single(_reservations.Reserve(Reservation(Id(2)), Now).Lines).Held);

        var settlement = new LedgerSettlement { Id = Id(1), Amounts = [4], WantsStates = false };
        LedgerSettlementResult result = _reservations.Settle(settlement, Now);
        Assert.Equal((true, 0, 0), (result.IsApplied, result.Before.Count, result.After.Count));
        Assert.True(_reservations.TryFindAny(Id(2), out InMemoryReservation? known));
        result = _reservations.SettleKnown(known, settlement with { Id = Id(2) }, Now);
        Assert.Equal((true, 0, 0), (result.IsApplied, result.Before.Count, result.After.Count));
    }

    [Fact]
    public void CallsWhoseIdsHaveTheSameHashAreToldApart()
    {
        var one = new LedgerReservationId(new Guid(7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0), 1, "x");
        var other = new LedgerReservationId(new Guid(0, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0), 1, "x");
        LedgerReservationId ofAnotherOwner = one with { Owner = "y" };

        _reservations.Reserve(Reservation(one), Now);

        Assert.Null(_reservations.Find(other));
        Assert.Null(_reservations.Find(ofAnotherOwner));
        Assert.Null(_reservations.Find(one with { Attempt = 2 }));
        Assert.NotNull(_reservations.Find(one));
        Assert.Equal([one], _reservations.FindAll(one.CallId, 1));
    }

    [Fact]
    public void AReservationCountsUntilItsLastPeriodDoes()
    {
        LedgerReservation reservation = Reservation(Id(1));
        _reservations.Reserve(reservation with { Lines = [reservation.Lines[0], reservation.Lines[0] with { Account = "b", ForgetAfter = At(Now + 50) }] }, Now);
        Assert.True(_reservations.TryFindAny(Id(1), out InMemoryReservation? known));

        Assert.False(known.IsOutdated(Now + 49));
        Assert.True(known.IsOutdated(Now + 50));
        known.RememberUntil = Now + 60;
        Assert.False(known.IsOutdated(Now + 59));
        Assert.True(known.IsOutdated(Now + 60));
    }

    [Fact]
    public void ReservationsInSlicesAreCountedInTheirSlices()
    {
        Slice slice = NewSlice();
        LedgerReservation reservation = Reservation(Id(1));
        reservation = reservation with { Lines = [reservation.Lines[0], reservation.Lines[0] with { Account = "far", ForgetAfter = At(Now + 500) }] };

        _reservations.HoldIn(reservation, [slice, null], 1, Now);

        Assert.Equal((1, 1, 10L, 10L), (slice.Local.OpenReservations, slice.Account.OpenReservations, slice.Local.Held, slice.Account.Held));
        Assert.True(_reservations.TryFindAny(Id(1), out InMemoryReservation? known));
        Assert.Equal(At(Now + 500).UtcTicks, known.RememberUntil);
        Assert.Equal([10], _reservations.Find(Id(1))!.Amounts);

        Settle(Id(1));
        Assert.Equal((0, 0, 0L, 4L), (slice.Local.OpenReservations, slice.Account.OpenReservations, slice.Local.Held, slice.Local.Charged));
        Assert.False(known.IsOutdated(Now + 499));
        Assert.True(known.IsOutdated(Now + 500));
    }

    [Fact]
    public void AReleasedReservationInASliceIsMadeAgain()
    {
        Slice slice = NewSlice();
        _reservations.HoldIn(Reservation(Id(1)), [slice], 1, Now);
        _reservations.Release(Id(1), Now);

        _reservations.HoldIn(Reservation(Id(1)), [slice], 1, Now);

        Assert.Equal((true, 10L), (_reservations.Find(Id(1))!.IsOpen, slice.Local.Held));
        Assert.Equal(1, _reservations.OpenCount);
    }

    private static LedgerReservationId Id(int number) => new(new Guid(number, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0), 1, "x");

    private static DateTimeOffset At(long ticks) => new(ticks, TimeSpan.Zero);

    private static LedgerReservation Reservation(LedgerReservationId id) => new()
    {
        Id = id,
        Lease = Lease,
        Lines = [new LedgerLine { Account = "a", Period = 1, FirstPeriod = 1, ForgetAfter = At(Now + 10), Amount = 10, Limit = 1_000 }],
    };

    private Slice NewSlice()
    {
        LedgerLine line = Reservation(Id(9)).Lines[0];
        InMemoryAccount account = _accounts.GetOrAdd("a", line.ForgetAfter.UtcTicks);
        return new Slice(Id(9), new LeasedAccount(line, new SliceRules { Clock = TimeProvider.System }), line, account, account.GetOrAddPeriod(1, line.ForgetAfter.UtcTicks), Lease);
    }

    private LedgerReservationId Reserve(int number)
    {
        Assert.True(_reservations.Reserve(Reservation(Id(number)), Now).IsAdmitted);
        return Id(number);
    }

    private void Settle(LedgerReservationId id, bool isUnconfirmed = false, long now = Now) =>
        Assert.True(_reservations.Settle(new LedgerSettlement { Id = id, Amounts = [4], IsUnconfirmed = isUnconfirmed }, now).IsApplied);
}
