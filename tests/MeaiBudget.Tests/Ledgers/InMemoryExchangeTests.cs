namespace MeaiBudget.Tests;

/// <summary>Exchanges of slices with the ledger in memory, one by one.</summary>
public sealed class InMemoryExchangeTests
{
    private static readonly LedgerReservationId Slice = new(new Guid("00000000-0000-0000-0000-000000000001"), 1, "slice");

    private readonly ManualClock _clock = new(new DateTimeOffset(2026, 3, 10, 12, 0, 0, TimeSpan.Zero));
    private readonly InMemorySpendLedger _ledger;

    public InMemoryExchangeTests() => _ledger = new InMemorySpendLedger(_clock);

    [Fact]
    public async Task ASliceGetsHalfOfWhatIsLeftAndKeepsWhatItHolds()
    {
        Assert.Equal((true, 0L, 500L), await ExchangeAsync(1, 0, 800));
        Assert.Equal((true, 0L, 500L), await ExchangeAsync(2, 0, 500));
        Assert.Equal((true, 200L, 400L), await ExchangeAsync(3, 200, 500));
        Assert.Equal((true, 200L, 100L), await ExchangeAsync(4, 200, 100));
        Assert.Equal((200L, 100L), await ReadAsync());
    }

    [Fact]
    public async Task ASequenceThatWasAppliedChangesNothing()
    {
        await ExchangeAsync(5, 100, 300);

        Assert.Equal((true, 100L, 300L), await ExchangeAsync(5, 250, 0));
        Assert.Equal((true, 100L, 300L), await ExchangeAsync(4, 250, 0));
        Assert.Equal((false, 250L, 0L), await ExchangeAsync(6, 250, 0));
        Assert.Equal((250L, 0L), await ReadAsync());
    }

    [Fact]
    public async Task ASliceThatHoldsNothingIsSettledAndItsChargeIsCorrected()
    {
        await ExchangeAsync(1, 100, 300);
        Assert.Equal((false, 150L, 0L), await ExchangeAsync(2, 150, 0));

        Assert.Equal((false, 400L, 0L), await ExchangeAsync(3, 400, 200));
        Assert.Equal((false, 50L, 0L), await ExchangeAsync(4, 50, 0));
        LedgerLineState state = await StateAsync();
        Assert.Equal((50L, 0L, 0L, 0L), (state.Charged, state.Held, state.Overrun, state.Unconfirmed));
        Assert.Equal(0, _ledger.OpenCount);
    }

    [Fact]
    public async Task TheEndOfALeaseChargesWhatIsHeldAndTheNextExchangeReplacesIt()
    {
        await ExchangeAsync(1, 100, 300);
        _clock.Advance(TimeSpan.FromSeconds(10));
        LedgerLineState ended = await StateAsync();
        Assert.Equal((400L, 0L, 300L), (ended.Charged, ended.Held, ended.Unconfirmed));

        Assert.Equal((true, 150L, 300L), await ExchangeAsync(2, 150, 300));
        LedgerLineState again = await StateAsync();
        Assert.Equal((150L, 300L, 0L), (again.Charged, again.Held, again.Unconfirmed));
        Assert.Equal(1, _ledger.OpenCount);

        _clock.Advance(TimeSpan.FromSeconds(9));
        Assert.Equal((150L, 300L), await ReadAsync());
        _clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal((450L, 0L), await ReadAsync());
    }

    [Theory]
    [InlineData(59, true)]
    [InlineData(60, false)]
    public async Task AnUnknownSliceIsChargedForAnHour(int minutes, bool isCharged)
    {
        DateTimeOffset at = _clock.GetUtcNow();
        _clock.Advance(TimeSpan.FromMinutes(minutes));

        Assert.Equal(isCharged ? (true, 100L, 50L) : (false, 0L, 0L), await ExchangeAsync(1, 100, 50, at));
        Assert.Equal(isCharged ? (100L, 50L) : (0L, 0L), await ReadAsync());
    }

    [Theory]
    [InlineData(59, true)]
    [InlineData(60, false)]
    public async Task AnUnknownSettlementIsChargedForAnHour(int minutes, bool isCharged)
    {
        DateTimeOffset at = _clock.GetUtcNow();
        _clock.Advance(TimeSpan.FromMinutes(minutes));
        LedgerReservation reservation = Reservation(Slice, 100, at);

        LedgerSettlementResult result = await _ledger.SettleAsync(new LedgerSettlement { Id = Slice, Amounts = [70], Reservation = reservation });

        Assert.Equal((isCharged, true), (result.IsApplied, result.IsUnknown));
        Assert.Equal((isCharged ? 70L : 0L, 0L), await ReadAsync());
    }

    [Fact]
    public async Task AnOperationForgetsFourReservationsWhosePeriodsNoLongerCount()
    {
        LedgerReservationId[] ids = [.. Enumerable.Range(0, 10).Select(_ => new LedgerReservationId(Guid.NewGuid(), 1, "x"))];
        foreach (LedgerReservationId id in ids)
        {
            await _ledger.ReserveAsync(Reservation(id, 10, _clock.GetUtcNow()));
            await _ledger.SettleAsync(new LedgerSettlement { Id = id, Amounts = [5] });
        }

        _clock.Advance(TimeSpan.FromDays(3));

        // Finding a reservation is an operation, too.
        Assert.NotNull(await _ledger.FindAsync(ids[4]));
        Assert.Null(await _ledger.FindAsync(ids[7]));
        Assert.Null(await _ledger.FindAsync(ids[9]));
    }

    [Fact]
    public async Task ReservationsThatReuseObjectsBeginAsNew()
    {
        var ledger = new InMemorySpendLedger(_clock) { RememberedReservations = 1 };
        for (int i = 0; i < 2_100; i++)
        {
            var id = new LedgerReservationId(Guid.NewGuid(), 1, "x");
            LedgerReservation reservation = Reservation(id, 10, _clock.GetUtcNow());
            await ledger.ReserveAsync(reservation with { Lines = [reservation.Lines[0] with { Limit = null }] });
            Assert.True((await ledger.FindAsync(id))!.IsOpen);
            Assert.True((await ledger.SettleAsync(new LedgerSettlement { Id = id, Amounts = [2] })).IsApplied);
            Assert.True((await ledger.AdjustAsync(new LedgerAdjustment { Id = Slice.CallId, Reservation = id, Amounts = [1], Reason = "test" })).IsApplied);
            Assert.False((await ledger.AdjustAsync(new LedgerAdjustment { Id = Slice.CallId, Reservation = id, Amounts = [1], Reason = "test" })).IsApplied);
        }

        Assert.Equal(2_100, (await ledger.ReadAsync([new LedgerAccountQuery("a", 1, 1)]))[0].Charged);
    }

    [Fact]
    public async Task ASliceWithoutAChargeIsOpenedWhateverItsAge()
    {
        Assert.Equal((true, 0L, 300L), await ExchangeAsync(1, 0, 300, _clock.GetUtcNow().AddDays(-1)));
    }

    [Fact]
    public async Task AnExchangeRenewsTheLease()
    {
        await ExchangeAsync(1, 0, 300);
        _clock.Advance(TimeSpan.FromSeconds(9));
        await ExchangeAsync(2, 0, 300);
        _clock.Advance(TimeSpan.FromSeconds(9));

        Assert.Equal((0L, 300L), await ReadAsync());
    }

    [Fact]
    public async Task AGrantIsSharedAsTheLimitIs()
    {
        await _ledger.GrantAsync(new LedgerGrant { Id = Guid.NewGuid(), Account = "a", Amount = 400, ExpiresAt = _clock.GetUtcNow().AddHours(1), Reason = "more" });

        Assert.Equal((true, 0L, 700L), await ExchangeAsync(1, 0, 900));
    }

    [Theory]
    [InlineData(1_000, false)]
    [InlineData(1_001, true)]
    public async Task OthersHearForTwoSecondsThatASliceGotLessThanHalf(long wanted, bool isWanted)
    {
        Assert.Equal((true, 0L, 500L), await ExchangeAsync(1, 0, wanted));

        Assert.Equal(isWanted, await IsWantedAsync());
        _clock.Advance(TimeSpan.FromSeconds(2) - TimeSpan.FromTicks(1));
        Assert.Equal(isWanted, await IsWantedAsync());
        _clock.Advance(TimeSpan.FromTicks(1));
        Assert.False(await IsWantedAsync());
    }

    [Fact]
    public async Task AnAnswerSaysWhetherAllThatWasWantedFits()
    {
        Assert.True((await AnswerAsync(Slice, 1, 0, 500)).Lines[0].Fits);
        Assert.False((await AnswerAsync(Slice, 2, 0, 501)).Lines[0].Fits);
        Assert.True((await AnswerAsync(Slice, 3, 0, 499)).Lines[0].Fits);
    }

    [Fact]
    public void OnlyAnExchangeThatFreesOrCorrectsWakesWhoWaits()
    {
        var accounts = new InMemoryAccounts();
        var reservations = new InMemoryReservations(accounts);
        Exchange(1, 0, 300);
        Task changed = accounts.Find("a")!.WhenChanged();
        Exchange(2, 0, 300);
        Exchange(3, 0, 400);
        Assert.False(changed.IsCompleted);
        Exchange(4, 0, 399);
        Assert.True(changed.IsCompleted);

        Exchange(5, 10, 0);
        Task corrected = accounts.Find("a")!.WhenChanged();
        Exchange(6, 5, 0);
        Assert.True(corrected.IsCompleted);

        void Exchange(long sequence, long charged, long wanted)
        {
            DateTimeOffset now = _clock.GetUtcNow();
            var asked = new LedgerSettlement { Id = Slice, Amounts = [charged], Reservation = Reservation(Slice, wanted, now) };
            Assert.Equal(charged, reservations.Exchange(sequence, asked, now.UtcTicks).Lines[1].Charged);
        }
    }

    [Fact]
    public async Task AReopenedSliceHoldsBesidesWhatOthersHold()
    {
        var other = new LedgerReservationId(Guid.NewGuid(), 1, "call");
        await ExchangeAsync(1, 0, 300);
        _clock.Advance(TimeSpan.FromSeconds(10));
        await _ledger.ReserveAsync(Reservation(other, 200, _clock.GetUtcNow()));
        Assert.Equal((300L, 200L), await ReadAsync());

        await ExchangeAsync(2, 0, 300);

        Assert.Equal((0L, 500L), await ReadAsync());
        Assert.Equal(["a"], await _ledger.ListAccountsAsync(""));
        await _ledger.ReleaseAsync(other);
        Assert.Equal(["a"], await _ledger.ListAccountsAsync(""));
        await ExchangeAsync(3, 0, 0);
        Assert.Empty(await _ledger.ListAccountsAsync(""));
        _clock.Advance(TimeSpan.FromDays(3));
        await StateAsync();
        Assert.Equal(0, _ledger.AccountCount);
    }

    [Fact]
    public async Task AnAccountIsKeptAsLongAsAReopenedSliceIsOpen()
    {
        await ExchangeAsync(1, 100, 300);
        _clock.Advance(TimeSpan.FromSeconds(10));
        await StateAsync();
        var asked = new LedgerSettlement { Id = Slice, Amounts = [100], Reservation = Reservation(Slice, 300, _clock.GetUtcNow()) with { Lease = TimeSpan.FromDays(9) } };
        await _ledger.ExchangeAsync(2, [asked]);

        _clock.Advance(TimeSpan.FromDays(3));

        Assert.Equal((100L, 300L), await ReadAsync());
        Assert.Equal(1, _ledger.AccountCount);
    }

    [Fact]
    public async Task AReopenedSliceIsNotForgottenWithWhatEndedBefore()
    {
        var ledger = new InMemorySpendLedger(_clock) { RememberedReservations = 1 };
        await ExchangeAsync(ledger, 1, 100, 300);
        _clock.Advance(TimeSpan.FromSeconds(10));
        await ExchangeAsync(ledger, 2, 100, 300);
        for (int i = 0; i < 3; i++)
        {
            var id = new LedgerReservationId(Guid.NewGuid(), 1, "call");
            await ledger.ReserveAsync(Reservation(id, 10, _clock.GetUtcNow()));
            await ledger.SettleAsync(new LedgerSettlement { Id = id, Amounts = [0], IsUnconfirmed = true });
        }

        Assert.True((await ledger.FindAsync(Slice))!.IsOpen);
        Assert.Equal((true, 120L, 300L), await ExchangeAsync(ledger, 3, 120, 300));
        Assert.Equal(120, (await ledger.ReadAsync([new LedgerAccountQuery("a", 1, 1)]))[0].Charged);
    }

    [Fact]
    public void ASettledSliceWhosePeriodNoLongerCountsIsNotCorrected()
    {
        var accounts = new InMemoryAccounts();
        var reservations = new InMemoryReservations(accounts) { MostClosed = 1 };
        long now = _clock.GetUtcNow().UtcTicks;
        long later = now + (3 * TimeSpan.TicksPerDay);
        LedgerReservation asked = Reservation(Slice, 0, _clock.GetUtcNow());
        reservations.Exchange(1, new LedgerSettlement { Id = Slice, Amounts = [100], Reservation = asked }, now);

        Assert.Equal(100, reservations.Exchange(2, new LedgerSettlement { Id = Slice, Amounts = [150], Reservation = asked }, later).Lines[1].Charged);
        Assert.Equal(150, reservations.Exchange(2, new LedgerSettlement { Id = Slice, Amounts = [150], Reservation = asked }, now).Lines[1].Charged);

        // It is forgotten like other settled reservations.
        LedgerReservation next = asked with { Id = Slice with { Attempt = 2 } };
        reservations.Exchange(3, new LedgerSettlement { Id = next.Id, Amounts = [1], Reservation = next }, now);
        Assert.False(reservations.TryFindAny(Slice, out _));
    }

    [Fact]
    public void AnOpenSliceWhosePeriodNoLongerCountsIsExchanged()
    {
        var reservations = new InMemoryReservations(new InMemoryAccounts());
        long now = _clock.GetUtcNow().UtcTicks;
        LedgerReservation asked = Reservation(Slice, 300, _clock.GetUtcNow());
        reservations.Exchange(1, new LedgerSettlement { Id = Slice, Amounts = [100], Reservation = asked }, now);

        LedgerReservationResult answer = reservations.Exchange(2, new LedgerSettlement { Id = Slice, Amounts = [150], Reservation = asked }, now + (3 * TimeSpan.TicksPerDay));

        Assert.Equal((150L, 300L), (answer.Lines[1].Charged, answer.Lines[1].Held));
    }

    private LedgerReservation Reservation(LedgerReservationId id, long amount, DateTimeOffset at) => new()
    {
        Id = id,
        Lease = TimeSpan.FromSeconds(10),
        At = at,
        Lines = [new LedgerLine { Account = "a", Period = 1, FirstPeriod = 1, ForgetAfter = _clock.GetUtcNow().AddDays(2), Amount = amount, Limit = 1_000 }],
    };

    private Task<(bool IsOpen, long Charged, long Held)> ExchangeAsync(long sequence, long charged, long wanted, DateTimeOffset? at = null) =>
        ExchangeAsync(_ledger, sequence, charged, wanted, at);

    private async Task<(bool IsOpen, long Charged, long Held)> ExchangeAsync(
        InMemorySpendLedger ledger, long sequence, long charged, long wanted, DateTimeOffset? at = null)
    {
        LedgerReservationResult answer = await AnswerAsync(ledger, Slice, sequence, charged, wanted, at ?? _clock.GetUtcNow());
        return (answer.IsAdmitted, answer.Lines[1].Charged, answer.Lines[1].Held);
    }

    private Task<LedgerReservationResult> AnswerAsync(LedgerReservationId id, long sequence, long charged, long wanted) =>
        AnswerAsync(_ledger, id, sequence, charged, wanted, _clock.GetUtcNow());

    private async Task<LedgerReservationResult> AnswerAsync(
        InMemorySpendLedger ledger, LedgerReservationId id, long sequence, long charged, long wanted, DateTimeOffset at)
    {
        var asked = new LedgerSettlement { Id = id, Amounts = [charged], Reservation = Reservation(id, wanted, at) };
        return Assert.Single((await ledger.ExchangeAsync(sequence, [asked])).Slices);
    }

    /// <summary>Asks as a slice that this ledger does not know, which changes nothing.</summary>
    private async Task<bool> IsWantedAsync()
    {
        LedgerReservationId forgotten = Slice with { Attempt = 2 };
        return !(await AnswerAsync(_ledger, forgotten, 1, 1, 0, _clock.GetUtcNow().AddDays(-1))).Lines[1].Fits;
    }

    private async Task<LedgerLineState> StateAsync() => (await _ledger.ReadAsync([new LedgerAccountQuery("a", 1, 1)]))[0];

    private async Task<(long Charged, long Held)> ReadAsync()
    {
        LedgerLineState state = await StateAsync();
        return (state.Charged, state.Held);
    }
}
