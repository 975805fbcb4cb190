namespace MeaiBudget.Tests;

public sealed class LeasedSpendLedgerTests : LeasedSpendLedgerFixture
{
    [Fact]
    public async Task ABusyAccountIsAdmittedWithoutAskingTheFarLedger()
    {
        await MakeBusyAsync(Node);
        long before = Flaky.Operations;

        for (int i = 0; i < 10; i++)
        {
            await SpendAsync(Node, 100, 60);
        }

        Assert.Equal(before, Flaky.Operations);
        Time.Advance(TimeSpan.FromSeconds(1));
        LedgerLineState far = await ReadAsync(Far);
        Assert.Equal(3 * 60 + 10 * 60, far.Charged);
        Assert.InRange(far.Held, 1, 10_000);
    }

    [Fact]
    public async Task AnIdleSliceIsReturnedWithinTwoSeconds()
    {
        await MakeBusyAsync(Node);
        Assert.NotEqual(0, (await ReadAsync(Far)).Held);

        Time.Advance(TimeSpan.FromSeconds(1));
        Time.Advance(TimeSpan.FromSeconds(1));
        Time.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal(0, (await ReadAsync(Far)).Held);
    }

    [Fact]
    public async Task WithoutTheFarLedgerASliceIsSpentUntilItsLeaseEnds()
    {
        await MakeBusyAsync(Node);
        Flaky.IsAway = true;

        Assert.True(await SpendAsync(Node, 100, 60));
        Time.Advance(TimeSpan.FromSeconds(9));
        Assert.True(await SpendAsync(Node, 100, 60));
        Time.Advance(TimeSpan.FromSeconds(1));
        await Assert.ThrowsAsync<SpendLedgerException>(() => SpendAsync(Node, 100, 60));

        Flaky.IsAway = false;
        Time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(5 * 60, (await ReadAsync(Far)).Charged);
        Assert.Equal(0, (await ReadAsync(Far)).Unconfirmed);
    }

    [Fact]
    public async Task ADeadNodesSliceIsChargedInFullWhenItsLeaseEnds()
    {
        await MakeBusyAsync(Node);
        await SpendAsync(Node, 100, 60);
        LedgerLineState held = await ReadAsync(Far);
        Flaky.IsAway = true;

        Time.Advance(TimeSpan.FromSeconds(10));

        LedgerLineState dead = await ReadAsync(Far);
        Assert.Equal(held.Charged + held.Held, dead.Charged);
        Assert.Equal(0, dead.Held);
    }

    [Fact]
    public async Task AChangeOfTheSettingsIsObeyedAfterTheNextExchange()
    {
        await MakeBusyAsync(Node);
        await Far.WriteSettingAsync("stop", "all");

        Assert.True((await ReserveAsync(Node, 100)).Result.IsAdmitted);
        Time.Advance(TimeSpan.FromSeconds(1));

        Assert.True((await ReserveAsync(Node, 100)).Result.SettingsChanged);
    }

    [Fact]
    public async Task ALoweredLimitIsNotExceededByWhatWasHeldBefore()
    {
        await MakeBusyAsync(Node);
        for (int i = 0; i < 20; i++)
        {
            await SpendAsync(Node, 100, 60, limit: 200);
            Time.Advance(TimeSpan.FromMilliseconds(200));
        }

        Assert.InRange((await ReadAsync(Far)).Charged, 180, 240);
    }

    [Fact]
    public async Task DisposingReportsEverythingAndReturnsTheRest()
    {
        await MakeBusyAsync(Node);
        await SpendAsync(Node, 100, 60);
        (LedgerReservationId open, _) = await ReserveAsync(Node, 100);

        await Node.DisposeAsync();

        LedgerLineState far = await ReadAsync(Far);
        Assert.Equal(4 * 60, far.Charged);
        Assert.Equal(100, far.Held);
        Assert.NotEqual(Guid.Empty, open.CallId);
    }

    [Fact]
    public async Task DisposingWaitsForAFarLedgerThatIsAwayForAMoment()
    {
        await MakeBusyAsync(Node);
        await SpendAsync(Node, 100, 60);
        Flaky.IsAway = true;
        Task disposed = Node.DisposeAsync().AsTask();
        for (int i = 0; i < 4; i++)
        {
            Time.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.False(disposed.IsCompleted);
        Flaky.IsAway = false;
        while (!disposed.IsCompleted)
        {
            Time.Advance(TimeSpan.FromMilliseconds(500));
            await Task.Yield();
        }

        LedgerLineState far = await ReadAsync(Far);
        Assert.Equal((4 * 60, 0, 0), (far.Charged, far.Held, far.Unconfirmed));
    }

    [Fact]
    public async Task DisposingEndsWhenTheFarLedgerStaysAway()
    {
        await MakeBusyAsync(Node);
        Flaky.IsAway = true;
        Task disposed = Node.DisposeAsync().AsTask();
        for (int i = 0; i < 100 && !disposed.IsCompleted; i++)
        {
            Time.Advance(TimeSpan.FromMilliseconds(500));
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
            Time.Advance(TimeSpan.FromSeconds(1));
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
        LedgerLineState far = await ReadAsync(Far);
        Assert.True((await Far.ReserveAsync(Reservation(new LedgerReservationId(Guid.NewGuid(), 1, "other"), Limit - far.Charged - far.Held, Limit))).IsAdmitted);
        long wanted = far.Held * 3 / 4;
        bool isAdmitted = false;
        for (int tries = 0; tries < 20 && !isAdmitted; tries++)
        {
            foreach (LeasedSpendLedger node in nodes)
            {
                isAdmitted |= (await ReserveAsync(node, wanted, Limit)).Result.IsAdmitted;
            }

            Time.Advance(TimeSpan.FromMilliseconds(100));
        }

        Assert.True(isAdmitted);
    }

    [Fact]
    public async Task ACallWithBusyAndQuietAccountsIsAdmittedInAllOrInNone()
    {
        await MakeBusyAsync(Node);
        var id = new LedgerReservationId(Guid.NewGuid(), 1, "call");
        LedgerReservation both = Reservation(id, 100, 1_000_000) with { Lines = [Line("all", 100, 1_000_000), Line("quiet", 100, 50)] };

        LedgerReservationResult refused = await Node.ReserveAsync(both);

        Assert.False(refused.IsAdmitted);
        Assert.Equal([true, false], refused.Lines.Select(line => line.Fits));
        Assert.Equal(0, (await Node.ReadAsync([new LedgerAccountQuery("all", Day, Day)]))[0].Held);

        LedgerReservation fitting = both with { Lines = [both.Lines[0], Line("quiet", 40, 50)] };
        Assert.True((await Node.ReserveAsync(fitting)).IsAdmitted);
        LedgerCharge? found = await Node.FindAsync(id);
        Assert.Equal(["all", "quiet"], found!.Accounts);
        Assert.Equal([100, 40], found.Amounts);
        Assert.True((await Node.SettleAsync(new LedgerSettlement { Id = id, Amounts = [70, 30] })).IsApplied);
        Assert.False((await Node.SettleAsync(new LedgerSettlement { Id = id, Amounts = [1, 1] })).IsApplied);
        Assert.Equal(30, (await Far.ReadAsync([new LedgerAccountQuery("quiet", Day, Day)]))[0].Charged);
    }

    [Fact]
    public async Task ASettledReservationThatIsReleasedTooLateIsNotMadeAgain()
    {
        LedgerReservation reservation = Reservation(new LedgerReservationId(Guid.NewGuid(), 1, "call"), 100, 1_000_000);
        await Node.ReserveAsync(reservation);
        await Node.SettleAsync(new LedgerSettlement { Id = reservation.Id, Amounts = [60] });
        Assert.False(await Node.ReleaseAsync(reservation.Id));
        await MakeBusyAsync(Node);

        Assert.True((await Node.ReserveAsync(reservation)).IsAdmitted);

        LedgerLineState state = (await Node.ReadAsync([new LedgerAccountQuery("all", Day, Day)]))[0];
        Assert.Equal((4 * 60, 0), (state.Charged, state.Held));
    }

    [Fact]
    public async Task WhatCallsHoldStaysHeldWhenOtherCallsCostMoreThanTheirSlice()
    {
        await MakeBusyAsync(Node);
        await ReserveAsync(Node, 100);
        (LedgerReservationId expensive, _) = await ReserveAsync(Node, 100);
        await Node.SettleAsync(new LedgerSettlement { Id = expensive, Amounts = [2_000_000] });

        Time.Advance(TimeSpan.FromMilliseconds(100));

        Assert.Equal(100, (await ReadAsync(Far)).Held);
        Assert.False((await ReserveAsync(Node, 100)).Result.IsAdmitted);
    }

    [Fact]
    public async Task ACallInBothPlacesWhoseReservationFailedIsChargedInFull()
    {
        await MakeBusyAsync(Node);
        LedgerReservation both = Reservation(new LedgerReservationId(Guid.NewGuid(), 1, "call"), 100, 1_000_000) with
        {
            At = Time.GetUtcNow(),
            Lines = [Line("all", 100, 1_000_000), Line("quiet", 40, 50)],
        };
        Flaky.LosesAnswers = true;
        await Assert.ThrowsAsync<SpendLedgerException>(async () => await Node.ReserveAsync(both));
        Flaky.LosesAnswers = false;

        await Node.SettleAsync(new LedgerSettlement { Id = both.Id, Amounts = [70, 30], Reservation = both });

        Assert.Equal(3 * 60 + 70, (await ReadAsync(Far)).Charged);
        LedgerLineState quiet = (await Far.ReadAsync([new LedgerAccountQuery("quiet", Day, Day)]))[0];
        Assert.Equal((30, 0), (quiet.Charged, quiet.Held));
    }

    [Fact]
    public async Task ARepetitionThatFailsGivesNothingBack()
    {
        await MakeBusyAsync(Node);
        LedgerReservation both = Reservation(new LedgerReservationId(Guid.NewGuid(), 1, "call"), 100, 1_000_000) with
        {
            Lines = [Line("all", 100, 1_000_000), Line("quiet", 40, 50)],
        };
        await Node.ReserveAsync(both);
        Flaky.LosesAnswers = true;
        await Assert.ThrowsAsync<SpendLedgerException>(async () => await Node.ReserveAsync(both));
        Flaky.LosesAnswers = false;

        Assert.Equal(100, (await Node.ReadAsync([new LedgerAccountQuery("all", Day, Day)]))[0].Held);
        Assert.True((await Node.SettleAsync(new LedgerSettlement { Id = both.Id, Amounts = [70, 30] })).IsApplied);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task ACallInBothPlacesIsSettledAfterItsLineInTheSliceNoLongerCounts(bool isAdjusted)
    {
        await MakeBusyAsync(Node);
        LedgerReservation both = Reservation(new LedgerReservationId(Guid.NewGuid(), 1, "call"), 100, 1_000_000) with
        {
            Lines = [Line("all", 100, 1_000_000), Line("quiet", 40, 50) with { ForgetAfter = Time.GetUtcNow().AddDays(40) }],
        };
        await Node.ReserveAsync(both);
        await Node.SettleAsync(new LedgerSettlement { Id = both.Id, Amounts = [100, 40], IsUnconfirmed = true });
        Time.Advance(TimeSpan.FromDays(3));
        await Node.ReadAsync([new LedgerAccountQuery("all", Day, Day)]);

        LedgerSettlementResult result = isAdjusted
            ? await Node.AdjustAsync(new LedgerAdjustment { Id = Guid.NewGuid(), Reservation = both.Id, Amounts = [70, 30], Reason = "bill" })
            : await Node.SettleAsync(new LedgerSettlement { Id = both.Id, Amounts = [70, 30] });

        Assert.True(result.IsApplied);
        Assert.Equal(30, (await Far.ReadAsync([new LedgerAccountQuery("quiet", Day, Day)]))[0].Charged);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task ACallInBothPlacesIsSettledAfterItsPartInTheSliceWasForgotten(bool isAdjusted)
    {
        var node = new LeasedSpendLedger(Far, Flaky, new SliceRules { Clock = Time, MostShare = 0.01m, MostSettled = 2 });
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
        Assert.Equal(30, (await Far.ReadAsync([new LedgerAccountQuery("quiet", Day, Day)]))[0].Charged);
    }

    [Fact]
    public void ALedgerThatCannotExchangeIsRejected()
    {
        ArgumentException exception = Assert.Throws<ArgumentException>(() => new LeasedSpendLedger(new CountingLedger(new InMemorySpendLedger())));

        Assert.Contains("cannot be leased", exception.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => new LeasedSpendLedger(new InMemorySpendLedger(), 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => new LeasedSpendLedger(new InMemorySpendLedger(), double.NaN));
    }
}
