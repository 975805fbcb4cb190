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

    private LedgerReservation Reservation(LedgerReservationId id, long amount, DateTimeOffset at) => new()
    {
        Id = id,
        Lease = TimeSpan.FromSeconds(10),
        At = at,
        Lines = [new LedgerLine { Account = "a", Period = 1, FirstPeriod = 1, ForgetAfter = _clock.GetUtcNow().AddDays(2), Amount = amount, Limit = 1_000 }],
    };

    private async Task<(bool IsOpen, long Charged, long Held)> ExchangeAsync(long sequence, long charged, long wanted, DateTimeOffset? at = null)
    {
        var asked = new LedgerSettlement { Id = Slice, Amounts = [charged], Reservation = Reservation(Slice, wanted, at ?? _clock.GetUtcNow()) };
        (long _, IReadOnlyList<LedgerReservationResult> slices) = await _ledger.ExchangeAsync(sequence, [asked]);
        LedgerLineState own = Assert.Single(slices).Lines[1];
        return (slices[0].IsAdmitted, own.Charged, own.Held);
    }

    private async Task<LedgerLineState> StateAsync() => (await _ledger.ReadAsync([new LedgerAccountQuery("a", 1, 1)]))[0];

    private async Task<(long Charged, long Held)> ReadAsync()
    {
        LedgerLineState state = await StateAsync();
        return (state.Charged, state.Held);
    }
}
