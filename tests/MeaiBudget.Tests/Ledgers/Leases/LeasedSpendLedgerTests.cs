using Microsoft.Extensions.Time.Testing;

namespace MeaiBudget.Tests;

public sealed class LeasedSpendLedgerTests
{
    private const long Day = 20_000;
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 3, 14, 9, 0, 0, TimeSpan.Zero));
    private readonly InMemorySpendLedger _far;
    private readonly FlakyFarLedger _flaky;
    private readonly LeasedSpendLedger _node;

    public LeasedSpendLedgerTests()
    {
        _far = new InMemorySpendLedger(_time);
        _flaky = new FlakyFarLedger(_far);
        _node = NewNode();
    }

    [Fact]
    public async Task ABusyAccountIsAdmittedWithoutAskingTheFarLedger()
    {
        await MakeBusyAsync(_node);
        long before = _flaky.Operations;

        for (int i = 0; i < 10; i++)
        {
            await SpendAsync(_node, 100, 60);
        }

        Assert.Equal(before, _flaky.Operations);
        _time.Advance(TimeSpan.FromSeconds(1));
        LedgerLineState far = await ReadAsync(_far);
        Assert.Equal(3 * 60 + 10 * 60, far.Charged);
        Assert.InRange(far.Held, 1, 10_000);
    }

    [Fact]
    public async Task AnIdleSliceIsReturnedWithinTwoSeconds()
    {
        await MakeBusyAsync(_node);
        Assert.NotEqual(0, (await ReadAsync(_far)).Held);

        _time.Advance(TimeSpan.FromSeconds(1));
        _time.Advance(TimeSpan.FromSeconds(1));
        _time.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal(0, (await ReadAsync(_far)).Held);
    }

    [Fact]
    public async Task WithoutTheFarLedgerASliceIsSpentUntilItsLeaseEnds()
    {
        await MakeBusyAsync(_node);
        _flaky.IsAway = true;

        Assert.True(await SpendAsync(_node, 100, 60));
        _time.Advance(TimeSpan.FromSeconds(9));
        Assert.True(await SpendAsync(_node, 100, 60));
        _time.Advance(TimeSpan.FromSeconds(1));
        await Assert.ThrowsAsync<SpendLedgerException>(() => SpendAsync(_node, 100, 60));

        _flaky.IsAway = false;
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(5 * 60, (await ReadAsync(_far)).Charged);
        Assert.Equal(0, (await ReadAsync(_far)).Unconfirmed);
    }

    [Fact]
    public async Task ADeadNodesSliceIsChargedInFullWhenItsLeaseEnds()
    {
        await MakeBusyAsync(_node);
        await SpendAsync(_node, 100, 60);
        LedgerLineState held = await ReadAsync(_far);
        _flaky.IsAway = true;

        _time.Advance(TimeSpan.FromSeconds(10));

        LedgerLineState dead = await ReadAsync(_far);
        Assert.Equal(held.Charged + held.Held, dead.Charged);
        Assert.Equal(0, dead.Held);
    }

    [Fact]
    public async Task AChangeOfTheSettingsIsObeyedAfterTheNextExchange()
    {
        await MakeBusyAsync(_node);
        await _far.WriteSettingAsync("stop", "all");

        Assert.True((await ReserveAsync(_node, 100)).Result.IsAdmitted);
        _time.Advance(TimeSpan.FromSeconds(1));

        Assert.True((await ReserveAsync(_node, 100)).Result.SettingsChanged);
    }

    [Fact]
    public async Task ALoweredLimitIsNotExceededByWhatWasHeldBefore()
    {
        await MakeBusyAsync(_node);
        for (int i = 0; i < 20; i++)
        {
            await SpendAsync(_node, 100, 60, limit: 200);
            _time.Advance(TimeSpan.FromMilliseconds(200));
        }

        Assert.InRange((await ReadAsync(_far)).Charged, 180, 240);
    }

    [Fact]
    public async Task DisposingReportsEverythingAndReturnsTheRest()
    {
        await MakeBusyAsync(_node);
        await SpendAsync(_node, 100, 60);
        (LedgerReservationId open, _) = await ReserveAsync(_node, 100);

        await _node.DisposeAsync();

        LedgerLineState far = await ReadAsync(_far);
        Assert.Equal(4 * 60, far.Charged);
        Assert.Equal(100, far.Held);
        Assert.NotEqual(Guid.Empty, open.CallId);
    }

    [Fact]
    public async Task DisposingWaitsForAFarLedgerThatIsAwayForAMoment()
    {
        await MakeBusyAsync(_node);
        await SpendAsync(_node, 100, 60);
        _flaky.IsAway = true;
        Task disposed = _node.DisposeAsync().AsTask();
        for (int i = 0; i < 4; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.False(disposed.IsCompleted);
        _flaky.IsAway = false;
        while (!disposed.IsCompleted)
        {
            _time.Advance(TimeSpan.FromMilliseconds(500));
            await Task.Yield();
        }

        LedgerLineState far = await ReadAsync(_far);
        Assert.Equal((4 * 60, 0, 0), (far.Charged, far.Held, far.Unconfirmed));
    }

    [Fact]
    public async Task DisposingEndsWhenTheFarLedgerStaysAway()
    {
        await MakeBusyAsync(_node);
        _flaky.IsAway = true;
        Task disposed = _node.DisposeAsync().AsTask();
        for (int i = 0; i < 100 && !disposed.IsCompleted; i++)
        {
            _time.Advance(TimeSpan.FromMilliseconds(500));
            await Task.Yield();
        }

        await disposed.WaitAsync(TimeSpan.FromSeconds(30));
    }

    [Fact]
    public async Task WhatAnotherNodeNeedsIsReturned()
    {
        LeasedSpendLedger other = NewNode(mostShare: 1);
        LeasedSpendLedger node = NewNode(mostShare: 1);
        await MakeBusyAsync(other, limit: 4_000);
        await MakeBusyAsync(node, limit: 4_000);

        LedgerReservationResult refused = default;
        int waits = 0;
        for (; waits < 5; waits++)
        {
            (_, refused) = await ReserveAsync(node, 3_000, limit: 4_000);
            if (refused.IsAdmitted)
            {
                break;
            }

            Assert.True(refused.Lines[0].Charged + 3_000 <= 4_000, "A refusal because of a slice of another node says that the budget is spent.");
            _time.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.True(refused.IsAdmitted);
    }

    [Fact]
    public async Task NodesThatWantMoreThanTheirSlicesDoNotKeepThemFromEachOther()
    {
        const long Limit = 10_000;
        LeasedSpendLedger[] nodes = [NewNode(mostShare: 1), NewNode(mostShare: 1)];
        foreach (LeasedSpendLedger node in nodes)
        {
            await MakeBusyAsync(node, Limit);
        }

        // All that is left is in the slices of both nodes, and each wants more than it has, but less than both have.
        LedgerLineState far = await ReadAsync(_far);
        Assert.True((await _far.ReserveAsync(Reservation(new LedgerReservationId(Guid.NewGuid(), 1, "other"), Limit - far.Charged - far.Held, Limit))).IsAdmitted);
        long wanted = far.Held * 3 / 4;
        bool isAdmitted = false;
        for (int tries = 0; tries < 20 && !isAdmitted; tries++)
        {
            foreach (LeasedSpendLedger node in nodes)
            {
                isAdmitted |= (await ReserveAsync(node, wanted, Limit)).Result.IsAdmitted;
            }

            _time.Advance(TimeSpan.FromMilliseconds(100));
        }

        Assert.True(isAdmitted);
    }

    [Fact]
    public async Task ACallWithBusyAndQuietAccountsIsAdmittedInAllOrInNone()
    {
        await MakeBusyAsync(_node);
        var id = new LedgerReservationId(Guid.NewGuid(), 1, "call");
        LedgerReservation both = Reservation(id, 100, 1_000_000) with { Lines = [Line("all", 100, 1_000_000), Line("quiet", 100, 50)] };

        LedgerReservationResult refused = await _node.ReserveAsync(both);

        Assert.False(refused.IsAdmitted);
        Assert.Equal([true, false], refused.Lines.Select(line => line.Fits));
        Assert.Equal(0, (await _node.ReadAsync([new LedgerAccountQuery("all", Day, Day)]))[0].Held);

        LedgerReservation fitting = both with { Lines = [both.Lines[0], Line("quiet", 40, 50)] };
        Assert.True((await _node.ReserveAsync(fitting)).IsAdmitted);
        LedgerCharge? found = await _node.FindAsync(id);
        Assert.Equal(["all", "quiet"], found!.Accounts);
        Assert.Equal([100, 40], found.Amounts);
        Assert.True((await _node.SettleAsync(new LedgerSettlement { Id = id, Amounts = [70, 30] })).IsApplied);
        Assert.False((await _node.SettleAsync(new LedgerSettlement { Id = id, Amounts = [1, 1] })).IsApplied);
        Assert.Equal(30, (await _far.ReadAsync([new LedgerAccountQuery("quiet", Day, Day)]))[0].Charged);
    }

    [Fact]
    public async Task ASettledReservationThatIsReleasedTooLateIsNotMadeAgain()
    {
        LedgerReservation reservation = Reservation(new LedgerReservationId(Guid.NewGuid(), 1, "call"), 100, 1_000_000);
        await _node.ReserveAsync(reservation);
        await _node.SettleAsync(new LedgerSettlement { Id = reservation.Id, Amounts = [60] });
        Assert.False(await _node.ReleaseAsync(reservation.Id));
        await MakeBusyAsync(_node);

        Assert.True((await _node.ReserveAsync(reservation)).IsAdmitted);

        LedgerLineState state = (await _node.ReadAsync([new LedgerAccountQuery("all", Day, Day)]))[0];
        Assert.Equal((4 * 60, 0), (state.Charged, state.Held));
    }

    [Fact]
    public async Task WhatCallsHoldStaysHeldWhenOtherCallsCostMoreThanTheirSlice()
    {
        await MakeBusyAsync(_node);
        await ReserveAsync(_node, 100);
        (LedgerReservationId expensive, _) = await ReserveAsync(_node, 100);
        await _node.SettleAsync(new LedgerSettlement { Id = expensive, Amounts = [2_000_000] });

        _time.Advance(TimeSpan.FromMilliseconds(100));

        Assert.Equal(100, (await ReadAsync(_far)).Held);
        Assert.False((await ReserveAsync(_node, 100)).Result.IsAdmitted);
    }

    [Fact]
    public async Task ACallInBothPlacesWhoseReservationFailedIsChargedInFull()
    {
        await MakeBusyAsync(_node);
        LedgerReservation both = Reservation(new LedgerReservationId(Guid.NewGuid(), 1, "call"), 100, 1_000_000) with
        {
            At = _time.GetUtcNow(),
            Lines = [Line("all", 100, 1_000_000), Line("quiet", 40, 50)],
        };
        _flaky.LosesAnswers = true;
        await Assert.ThrowsAsync<SpendLedgerException>(async () => await _node.ReserveAsync(both));
        _flaky.LosesAnswers = false;

        await _node.SettleAsync(new LedgerSettlement { Id = both.Id, Amounts = [70, 30], Reservation = both });

        Assert.Equal(3 * 60 + 70, (await ReadAsync(_far)).Charged);
        LedgerLineState quiet = (await _far.ReadAsync([new LedgerAccountQuery("quiet", Day, Day)]))[0];
        Assert.Equal((30, 0), (quiet.Charged, quiet.Held));
    }

    [Fact]
    public async Task ARepetitionThatFailsGivesNothingBack()
    {
        await MakeBusyAsync(_node);
        LedgerReservation both = Reservation(new LedgerReservationId(Guid.NewGuid(), 1, "call"), 100, 1_000_000) with
        {
            Lines = [Line("all", 100, 1_000_000), Line("quiet", 40, 50)],
        };
        await _node.ReserveAsync(both);
        _flaky.LosesAnswers = true;
        await Assert.ThrowsAsync<SpendLedgerException>(async () => await _node.ReserveAsync(both));
        _flaky.LosesAnswers = false;

        Assert.Equal(100, (await _node.ReadAsync([new LedgerAccountQuery("all", Day, Day)]))[0].Held);
        Assert.True((await _node.SettleAsync(new LedgerSettlement { Id = both.Id, Amounts = [70, 30] })).IsApplied);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task ACallInBothPlacesIsSettledAfterItsLineInTheSliceNoLongerCounts(bool isAdjusted)
    {
        await MakeBusyAsync(_node);
        LedgerReservation both = Reservation(new LedgerReservationId(Guid.NewGuid(), 1, "call"), 100, 1_000_000) with
        {
            Lines = [Line("all", 100, 1_000_000), Line("quiet", 40, 50) with { ForgetAfter = _time.GetUtcNow().AddDays(40) }],
        };
        await _node.ReserveAsync(both);
        await _node.SettleAsync(new LedgerSettlement { Id = both.Id, Amounts = [100, 40], IsUnconfirmed = true });
        _time.Advance(TimeSpan.FromDays(3));
        await _node.ReadAsync([new LedgerAccountQuery("all", Day, Day)]);

        LedgerSettlementResult result = isAdjusted
            ? await _node.AdjustAsync(new LedgerAdjustment { Id = Guid.NewGuid(), Reservation = both.Id, Amounts = [70, 30], Reason = "bill" })
            : await _node.SettleAsync(new LedgerSettlement { Id = both.Id, Amounts = [70, 30] });

        Assert.True(result.IsApplied);
        Assert.Equal(30, (await _far.ReadAsync([new LedgerAccountQuery("quiet", Day, Day)]))[0].Charged);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task ACallInBothPlacesIsSettledAfterItsPartInTheSliceWasForgotten(bool isAdjusted)
    {
        var node = new LeasedSpendLedger(_far, _flaky, new SliceRules { Clock = _time, MostShare = 0.01m, MostSettled = 2 });
        await MakeBusyAsync(node);
        LedgerReservation both = Reservation(new LedgerReservationId(Guid.NewGuid(), 1, "call"), 100, 1_000_000) with
        {
            Lines = [Line("all", 100, 1_000_000), Line("quiet", 40, 50)],
        };
        await node.ReserveAsync(both);
        await node.SettleAsync(new LedgerSettlement { Id = both.Id, Amounts = [100, 40], IsUnconfirmed = true });
        for (int i = 0; i < 4; i++)
        {
            (LedgerReservationId id, _) = await ReserveAsync(node, 100);
            await node.SettleAsync(new LedgerSettlement { Id = id, Amounts = [60], IsUnconfirmed = true });
        }

        LedgerSettlementResult result = isAdjusted
            ? await node.AdjustAsync(new LedgerAdjustment { Id = Guid.NewGuid(), Reservation = both.Id, Amounts = [70, 30], Reason = "bill" })
            : await node.SettleAsync(new LedgerSettlement { Id = both.Id, Amounts = [70, 30] });

        Assert.True(result.IsApplied);
        Assert.Equal(30, (await _far.ReadAsync([new LedgerAccountQuery("quiet", Day, Day)]))[0].Charged);
    }

    [Fact]
    public void ALedgerThatCannotExchangeIsRejected()
    {
        ArgumentException exception = Assert.Throws<ArgumentException>(() => new LeasedSpendLedger(new CountingLedger(new InMemorySpendLedger())));

        Assert.Contains("cannot be leased", exception.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => new LeasedSpendLedger(new InMemorySpendLedger(), 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => new LeasedSpendLedger(new InMemorySpendLedger(), double.NaN));
    }

    private LeasedSpendLedger NewNode(decimal mostShare = 0.01m) => new(_far, _flaky, new SliceRules { Clock = _time, MostShare = mostShare });

    [Fact]
    public async Task AnAccountIsLoweredByWhatTheFarLedgerDoesNotKnowYet()
    {
        await MakeBusyAsync(_node);
        long known = (await ReadAsync(_far)).Charged;
        await SpendAsync(_node, 100, 60);
        var lower = LedgerAdjustment.OfAccount(Guid.NewGuid(), "all", Day, -(known + 50), "test");

        LedgerSettlementResult result = await _node.AdjustAsync(lower);

        Assert.True(result.IsApplied);
        Assert.Equal((known + 60, 10), (result.Before[0].Charged, result.After[0].Charged));
        Assert.Equal(10, (await ReadAsync(_far)).Charged);
        Assert.False((await _node.AdjustAsync(lower)).IsApplied);
        Assert.False((await _node.AdjustAsync(LedgerAdjustment.OfAccount(Guid.NewGuid(), "all", Day, -11, "test"))).IsApplied);
    }

    private async Task MakeBusyAsync(LeasedSpendLedger node, long limit = 1_000_000)
    {
        for (int i = 0; i < 3; i++)
        {
            await SpendAsync(node, 100, 60, limit);
        }

        await node.ExchangeSoonAsync();
    }

    private async Task<bool> SpendAsync(LeasedSpendLedger node, long most, long cost, long limit = 1_000_000)
    {
        (LedgerReservationId id, LedgerReservationResult result) = await ReserveAsync(node, most, limit);
        if (result.IsAdmitted)
        {
            await node.SettleAsync(new LedgerSettlement { Id = id, Amounts = [cost] });
        }

        return result.IsAdmitted;
    }

    private async Task<(LedgerReservationId Id, LedgerReservationResult Result)> ReserveAsync(LeasedSpendLedger node, long most, long limit = 1_000_000)
    {
        var id = new LedgerReservationId(Guid.NewGuid(), 1, "call");
        return (id, await node.ReserveAsync(Reservation(id, most, limit)));
    }

    private LedgerReservation Reservation(LedgerReservationId id, long most, long limit) => new()
    {
        Id = id,
        Lease = TimeSpan.FromMinutes(2),
        SettingsVersion = 0,
        Lines = [Line("all", most, limit)],
    };

    private LedgerLine Line(string account, long amount, long limit) => new()
    {
        Account = account,
        Period = Day,
        FirstPeriod = Day,
        ForgetAfter = _time.GetUtcNow().AddDays(2),
        Amount = amount,
        Limit = limit,
    };

    private static async Task<LedgerLineState> ReadAsync(InMemorySpendLedger ledger) => (await ledger.ReadAsync([new LedgerAccountQuery("all", Day, Day)]))[0];
}
