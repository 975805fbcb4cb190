namespace MeaiBudget.Tests;

/// <summary>What a slice lets calls use, and what accounts are with what it has charged and holds.</summary>
public sealed class SliceTests
{
    private const long Day = 5;
    private static readonly DateTimeOffset Start = new(2026, 3, 14, 9, 0, 0, TimeSpan.Zero);
    private static readonly LedgerReservationId Id = new(new Guid("00000000-0000-0000-0000-000000000001"), 1, "slice");

    private readonly Slice _slice = NewSlice(Day);

    [Fact]
    public void ANewSliceHoldsNothing()
    {
        _slice.Begin(Start);

        Assert.Equal((0L, 0L, Start), (_slice.Ceiling, _slice.Spare, _slice.ConfirmedAt));
        Assert.True(_slice.Fits(0));
        Assert.False(_slice.Fits(1));
    }

    [Fact]
    public void CallsUseWhatTheFarLedgerHas()
    {
        _slice.Answered(100, 300, isOpen: true, usableUntil: 77, Start);
        Assert.Equal((100L, 300L, 400L, 77L, Start), (_slice.Charged, _slice.Held, _slice.Ceiling, _slice.UsableUntil, _slice.ConfirmedAt));

        (_slice.Local.Charged, _slice.Local.Held) = (120, 80);
        Assert.Equal(200, _slice.Spare);
        Assert.True(_slice.Fits(200));
        Assert.False(_slice.Fits(201));
    }

    [Fact]
    public void AnExchangeThatWasSentOnlyLowersTheCeiling()
    {
        _slice.Answered(100, 300, isOpen: true, 77, Start);

        _slice.Sent(150, 500);
        Assert.Equal(400, _slice.Ceiling);
        _slice.Sent(150, 100);
        Assert.Equal(250, _slice.Ceiling);
        _slice.Sent(150, 300);
        Assert.Equal(250, _slice.Ceiling);
    }

    [Fact]
    public void WhatACorrectionFreesIsUsedOnceItIsConfirmed()
    {
        _slice.Answered(100, 300, isOpen: true, 77, Start);
        _slice.Sent(150, 250);
        _slice.Local.Charged = 120;

        // The far ledger may have charged 150 of 400: 250 are left, besides the 120.
        _slice.Sent(120, 400);
        Assert.Equal((370L, 220L), (_slice.Ceiling, _slice.Spare));
        _slice.Sent(120, 200);
        Assert.Equal((320L, 170L), (_slice.Ceiling, _slice.Spare));

        _slice.Answered(120, 200, isOpen: true, 88, Start.AddSeconds(1));
        Assert.Equal((320L, 200L), (_slice.Ceiling, _slice.Spare));
    }

    [Fact]
    public void AClosedSliceIsUsedByNoCall()
    {
        _slice.Answered(100, 300, isOpen: true, 77, Start);
        _slice.Local.Charged = 100;
        _slice.Answered(150, 0, isOpen: false, 99, Start.AddSeconds(1));

        Assert.Equal((150L, 0L, 0L, 0L), (_slice.Charged, _slice.Held, _slice.Ceiling, _slice.Spare));
        Assert.Equal((77L, Start), (_slice.UsableUntil, _slice.ConfirmedAt));
    }

    [Theory]
    [InlineData(500, 0, false)]
    [InlineData(350, 50, false)]
    [InlineData(350, 51, true)]
    [InlineData(long.MaxValue, 1, true)]
    public void ASliceIsOverdrawnIfCallsHoldWhatItHasNot(long charged, long held, bool isOverdrawn)
    {
        _slice.Answered(100, 300, isOpen: true, 77, Start);
        (_slice.Local.Charged, _slice.Local.Held) = (charged, held);

        Assert.Equal(isOverdrawn, _slice.IsOverdrawn);
    }

    [Theory]
    [InlineData(LedgerLineMode.Enforce, 1_000, false)]
    [InlineData(LedgerLineMode.Enforce, 1_001, true)]
    [InlineData(LedgerLineMode.Shadow, 1_001, true)]
    [InlineData(LedgerLineMode.Record, 1_001, false)]
    public void AnAccountBeyondItsLimitExceedsIt(LedgerLineMode mode, long charged, bool exceeds)
    {
        _slice.Line = _slice.Line with { Mode = mode };

        Assert.Equal(exceeds, _slice.Exceeds(new LedgerLineState(charged, 0, 0, 0, 0, true)));
        Assert.False(_slice.Exceeds(new LedgerLineState(charged, 0, 0, 0, 1, true)));
    }

    [Theory]
    [InlineData(Day, Day, true, true)]
    [InlineData(Day + 1, Day + 1, false, false)]
    [InlineData(Day - 1, Day - 1, false, false)]
    [InlineData(Day - 1, Day, true, true)]
    [InlineData(Day, Day + 3, true, true)]
    [InlineData(Day - 2, Day - 1, true, true)]
    [InlineData(Day - 3, Day - 2, false, true)]
    [InlineData(Day + 1, Day + 2, false, true)]
    public void AnAccountHasWhatASliceChargedInItsPeriods(long first, long last, bool isCharged, bool isHeld)
    {
        Fill(_slice);
        var state = new LedgerLineState(100, 40, 10, 5, 3, true);

        SliceStates.Correct(new LedgerAccountQuery("a", first, last), _slice, ref state);

        Assert.Equal(new LedgerLineState(isCharged ? 120 : 100, isHeld ? 35 : 40, isCharged ? 17 : 10, isCharged ? 8 : 5, 3, true), state);
    }

    [Fact]
    public void AnotherAccountIsLeftAlone()
    {
        Fill(_slice);
        var state = new LedgerLineState(100, 40, 10, 5, 3, true);
        SliceStates.Correct(new LedgerAccountQuery("b", Day, Day), _slice, ref state);
        Assert.Equal(new LedgerLineState(100, 40, 10, 5, 3, true), state);
    }

    [Fact]
    public void WhatIsUnconfirmedOrOverrunStaysWithinTheCharge()
    {
        Fill(_slice);
        var lowered = new LedgerLineState(10, 1, 100, 100, 0, true);
        SliceStates.Correct(new LedgerAccountQuery("a", Day, Day), _slice, ref lowered);
        Assert.Equal(new LedgerLineState(30, 0, 30, 30, 0, true), lowered);
    }

    [Fact]
    public void AnEstimateIsWhatTheFarLedgerSaidWithWhatIsKnownHere()
    {
        Fill(_slice);
        _slice.Owner.Far = new LedgerLineState(100, 40, 10, 5, 3, false);

        Assert.Equal(new LedgerLineState(120, 35, 17, 8, 3, true), SliceStates.Estimate(_slice));
    }

    [Fact]
    public void OnlyARecordedLineBeyondItsLimitDoesNotFit()
    {
        Slice other = NewSlice(Day);
        _slice.Owner.Far = new LedgerLineState(1_001, 0, 0, 0, 0, true);
        other.Owner.Far = new LedgerLineState(1_000, 0, 0, 0, 0, true);
        LedgerLine enforced = _slice.Line, recorded = enforced with { Mode = LedgerLineMode.Record };

        LedgerLineState[] states = SliceStates.Of([enforced, recorded, recorded, recorded], [_slice, null, _slice, other], 3);

        Assert.Equal([(1_001L, true), (1_001L, false), (1_000L, true)], states.Select(state => (state.Charged, state.Fits)));
    }

    [Fact]
    public void WhatOthersChargedBelongsToTheStepOfTheNextSettlement()
    {
        var reservations = new InMemoryReservations(new InMemoryAccounts());
        _slice.Local.Slice = _slice;
        LedgerLine far = _slice.Line with { Account = "far" };
        reservations.HoldIn(new LedgerReservation { Id = Id, Lease = TimeSpan.FromMinutes(1), Lines = [_slice.Line, far] }, [_slice, null], 1, Start.UtcTicks);
        Assert.True(reservations.TryFindAny(Id, out InMemoryReservation? known));

        _slice.Owner.Far = new LedgerLineState(100, 0, 0, 0, 0, true);
        Assert.Equal(100, Assert.Single(SliceStates.Of(known, before: true)).Charged);
        Assert.Equal(-1, _slice.Owner.Told);
        Assert.Equal(100, Assert.Single(SliceStates.Of(known, before: false)).Charged);
        Assert.Equal(100, _slice.Owner.Told);

        _slice.Owner.Far = new LedgerLineState(170, 0, 0, 0, 0, true);
        Assert.Equal(100, Assert.Single(SliceStates.Of(known, before: true)).Charged);
        Assert.Equal(170, Assert.Single(SliceStates.Of(known, before: false)).Charged);
        _slice.Owner.Told = 0;
        Assert.Equal(0, Assert.Single(SliceStates.Of(known, before: true)).Charged);

        _slice.Local.Slice = null;
        Assert.Equal(default, Assert.Single(SliceStates.Of(known, before: false)));
    }

    private static Slice NewSlice(long period)
    {
        var line = new LedgerLine { Account = "a", Period = period, FirstPeriod = period, ForgetAfter = Start.AddDays(2), Amount = 700, Limit = 1_000 };
        var account = new InMemoryAccount("a");
        return new Slice(Id, new LeasedAccount(line, new SliceRules { Clock = TimeProvider.System }), line, account, account.GetOrAddPeriod(1, Start.AddDays(2).UtcTicks), TimeSpan.FromSeconds(10));
    }

    /// <summary>The far ledger knows a charge of 30 and holds 20; here, 50 are charged and 15 held.</summary>
    private static void Fill(Slice slice)
    {
        slice.Answered(30, 20, isOpen: true, 77, Start);
        (slice.Local.Charged, slice.Local.Held, slice.Local.Unconfirmed, slice.Local.Overrun) = (50, 15, 7, 3);
    }
}
