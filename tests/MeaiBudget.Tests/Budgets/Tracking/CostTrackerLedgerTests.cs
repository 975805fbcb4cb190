namespace MeaiBudget.Tests;

/// <summary>What a tracker asks of its ledger: once, again after a lost answer, and what it keeps while the ledger is away.</summary>
public sealed class CostTrackerLedgerTests : CostTrackerScene
{
    [Fact]
    public async Task A5_ALedgerThatIsAwayRefusesAnEnforcingBudgetForThatReason()
    {
        var away = new UnreliableLedger(Ledger) { FailBefore = 2 };
        CostTracker tracker = TrackerOn(away, Budget.Daily("day", 1m));
        SpendReservation refused = await tracker.ReserveAsync(SpendRequests.Of(0.1m));
        Assert.Equal(RefusalReason.LedgerUnavailable, refused.Refusal!.Reason);
        await tracker.SendOutboxAsync();
        Assert.Equal(0, Ledger.OpenCount);
    }

    [Fact]
    public async Task A5_ALedgerThatIsAwayLetsPassWhereTheBudgetSaysSoAndIsToldLater()
    {
        var away = new UnreliableLedger(Ledger) { FailBefore = 4 };
        CostTracker tracker = TrackerOn(away, Budget.Daily("day", 0.05m) with { LedgerFailureBehavior = LedgerFailureBehavior.Allow });
        SpendReservation reservation = await tracker.ReserveAsync(SpendRequests.Of(0.1m));
        Assert.True(reservation.IsAdmitted);
        Assert.False(reservation.IsEnforced);
        Assert.Single(Observer.Of(BudgetEventKind.LedgerUnavailable));

        await tracker.SettleAsync(reservation, SpendRequests.Used(0.08m));
        while (tracker.PendingSettlements > 0)
        {
            await tracker.SendOutboxAsync();
        }

        BudgetStatus status = await tracker.GetStatusAsync("day");
        Assert.Equal((0.08m, 0m), (status.Spent, status.Held));
    }

    [Fact]
    public async Task A14_ATrackerAsksTheLedgerAndKeepsNothingOfItsOwn()
    {
        CostTracker one = TrackerOf(Budget.Daily("day", 1m));
        CostTracker restarted = TrackerOf(Budget.Daily("day", 1m));
        await SpendAsync(one, SpendRequests.Of(0.9m), 0.9m);
        Assert.False((await restarted.ReserveAsync(SpendRequests.Of(0.2m))).IsAdmitted);
    }

    [Fact]
    public async Task B3_SettlingTwiceChargesOnce()
    {
        CostTracker tracker = TrackerOf(Budget.Daily("day", 1m));
        SpendReservation reservation = await tracker.ReserveAsync(SpendRequests.Of(0.4m));
        await tracker.SettleAsync(reservation, SpendRequests.Used(0.3m));
        await tracker.SettleAsync(reservation, SpendRequests.Used(0.3m));
        await tracker.ReleaseAsync(reservation);
        Assert.Equal(0.3m, (await tracker.GetStatusAsync("day")).Spent);
    }

    [Fact]
    public async Task E9_AttemptsOfOneCallAreChargedEach()
    {
        CostTracker tracker = TrackerOf(Budget.Daily("day", 1m));
        var call = Guid.NewGuid();
        await SpendAsync(tracker, SpendRequests.Of(0.1m, call, attempt: 1), 0.1m);
        await SpendAsync(tracker, SpendRequests.Of(0.1m, call, attempt: 2), 0.1m);
        Assert.Equal(0.2m, (await tracker.GetStatusAsync("day")).Spent);
    }

    [Fact]
    public async Task B4_AnAnswerThatWasLostDoesNotChargeTwice()
    {
        var lossy = new UnreliableLedger(Ledger) { FailAfter = 1 };
        CostTracker tracker = TrackerOn(lossy, Budget.Daily("day", 1m));
        SpendReservation reservation = await tracker.ReserveAsync(SpendRequests.Of(0.4m));
        Assert.True(reservation.IsAdmitted);
        Assert.Equal(0.4m, (await tracker.GetStatusAsync("day")).Held);
        lossy.FailAfter = 1;
        await tracker.SettleAsync(reservation, SpendRequests.Used(0.3m));
        BudgetStatus status = await tracker.GetStatusAsync("day");
        Assert.Equal((0.3m, 0m), (status.Spent, status.Held));
    }

    [Fact]
    public async Task B5_ASettlementThatFailsIsKeptAndNeverRefunded()
    {
        var away = new UnreliableLedger(Ledger);
        CostTracker tracker = TrackerOn(away, Budget.Daily("day", 1m));
        SpendReservation reservation = await tracker.ReserveAsync(SpendRequests.Of(0.4m));
        away.FailBefore = 2;
        Assert.Equal(0.3m, (await tracker.SettleAsync(reservation, SpendRequests.Used(0.3m))).Amount);
        Assert.Equal(0.4m, (await tracker.GetStatusAsync("day")).Held);
        Assert.Equal(1, tracker.PendingSettlements);

        await tracker.SendOutboxAsync();
        BudgetStatus status = await tracker.GetStatusAsync("day");
        Assert.Equal((0.3m, 0m), (status.Spent, status.Held));
        Assert.Equal(0, tracker.PendingSettlements);
    }

    [Fact]
    public async Task B5_AnAttemptThatIsReservedAgainIsNotGivenBackByWhatWasKeptOfItsFirstTry()
    {
        var away = new UnreliableLedger(Ledger) { FailBefore = 2 };
        CostTracker tracker = TrackerOn(away, Budget.Daily("day", 1m));
        SpendRequest request = SpendRequests.Of(0.4m);
        Assert.Equal(RefusalReason.LedgerUnavailable, (await tracker.ReserveAsync(request)).Refusal!.Reason);
        Assert.Equal(1, tracker.PendingSettlements);

        SpendReservation reservation = await tracker.ReserveAsync(request);
        await tracker.SendOutboxAsync();
        Assert.Equal(0.4m, (await tracker.GetStatusAsync("day")).Held);
        await tracker.SettleAsync(reservation, SpendRequests.Used(0.3m));

        BudgetStatus status = await tracker.GetStatusAsync("day");
        Assert.Equal((0.3m, 0m, 0), (status.Spent, status.Held, tracker.PendingSettlements));
    }

    [Fact]
    public async Task B4_AReservationWhoseAnswerWasLostIsGivenBackThoughItPassedWithoutTheLedger()
    {
        var lossy = new UnreliableLedger(Ledger) { FailAfter = 2 };
        CostTracker tracker = TrackerOn(lossy, Budget.Daily("day", 1m) with { LedgerFailureBehavior = LedgerFailureBehavior.Allow });
        SpendReservation reservation = await tracker.ReserveAsync(SpendRequests.Of(0.4m));
        Assert.True(reservation.IsAdmitted);

        await tracker.ReleaseAsync(reservation);
        await tracker.SendOutboxAsync();
        Clock.Advance(TimeSpan.FromHours(1));

        BudgetStatus status = await tracker.GetStatusAsync("day");
        Assert.Equal((0m, 0m, 0), (status.Spent, status.Held, tracker.PendingSettlements));
    }

    [Fact]
    public async Task B5_AnAttemptIsNotReservedAgainWhileItsReleaseIsUnderWay()
    {
        var slow = new UnreliableLedger(Ledger);
        var applied = new TaskCompletionSource();
        CostTracker tracker = TrackerOn(slow, Budget.Daily("day", 1m));
        SpendRequest request = SpendRequests.Of(0.4m);
        SpendReservation first = await tracker.ReserveAsync(request);
        slow.FailBefore = 2;
        await tracker.ReleaseAsync(first);
        slow.HoldReleases = applied.Task;
        Task sending = tracker.SendOutboxAsync();

        ValueTask<SpendReservation> again = tracker.ReserveAsync(request);
        Assert.False(again.IsCompleted);
        applied.SetResult();
        await sending;

        Assert.True((await again).IsAdmitted);
        Assert.Equal(0.4m, (await tracker.GetStatusAsync("day")).Held);
    }

    [Fact]
    public async Task A5_ARefusalStandsWhereTheLedgerCannotSayWhenItEnds()
    {
        var away = new UnreliableLedger(Ledger);
        CostTracker tracker = TrackerOn(away, Budget.Rolling("hour", 1m, TimeSpan.FromHours(1)));
        await tracker.SettleAsync(await tracker.ReserveAsync(SpendRequests.Of(0.9m)), SpendRequests.Used(0.9m));
        away.FailsReads = true;

        SpendRefusal refusal = (await tracker.ReserveAsync(SpendRequests.Of(0.5m))).Refusal!;

        Assert.Equal((RefusalReason.Spent, 0.9m), (refusal.Reason, refusal.Spent));
        Assert.InRange(refusal.ResetsAt!.Value, Clock.GetUtcNow().AddHours(1), Clock.GetUtcNow().AddMinutes(62));
    }

    [Theory]
    [InlineData(long.MaxValue, long.MaxValue)]
    [InlineData(-5L, -6L)]
    public async Task AUsageThatIsNonsenseIsSettledAllTheSame(long input, long output)
    {
        CostTracker tracker = TrackerOf(Budget.Daily("day", 1m) with { TokenLimit = 1000 });
        SpendReservation reservation = await tracker.ReserveAsync(SpendRequests.Of(0.1m));

        Cost cost = await tracker.SettleAsync(reservation, new SpendSettlement { Usage = new BillableUsage { InputTokens = input, OutputTokens = output } });

        BudgetStatus status = await tracker.GetStatusAsync("day");
        Assert.True(cost.Flags.HasFlag(CostFlags.InconsistentUsage));
        Assert.Equal((cost.Amount, 0m, 0), (status.Spent, status.Held, tracker.PendingSettlements));
        Assert.Equal(input < 0 ? 0 : long.MaxValue, status.Tokens);
    }

    [Fact]
    public async Task ACallOutsideAnyRunIsForgottenSoonerThanARun()
    {
        CostTracker tracker = TrackerOf(Budget.PerRun(1m));
        SpendReservation call = await tracker.ReserveAsync(SpendRequests.Of(0.9m));
        await tracker.SettleAsync(call, SpendRequests.Used(0.9m));
        Clock.Advance(TimeSpan.FromHours(5));
        Assert.Equal(RefusalReason.Spent, (await tracker.ReserveAsync(SpendRequests.Of(0.2m, call.Request.CallId, attempt: 2))).Refusal!.Reason);
        using (var run = BudgetRun.Begin("run"))
        {
            await tracker.SettleAsync(await tracker.ReserveAsync(SpendRequests.Of(0.5m)), SpendRequests.Used(0.5m));
        }

        Clock.Advance(TimeSpan.FromHours(2));

        Assert.Equal(0.5m, Assert.Single(await tracker.GetStatusAsync()).Spent);
        Assert.Equal(1, Ledger.AccountCount);
    }

    [Fact]
    public async Task B6_AReservationWhoseProcessDiedIsChargedInFullWithAnEvent()
    {
        CostTracker tracker = TrackerOf(Budget.Daily("day", 1m));
        SpendReservation lost = await tracker.ReserveAsync(SpendRequests.Of(0.4m));
        SpendReservation renewed = await tracker.ReserveAsync(SpendRequests.Of(0.1m));
        Clock.Advance(TimeSpan.FromSeconds(90));
        await tracker.RenewAsync(renewed, TimeSpan.FromMinutes(2));
        Clock.Advance(TimeSpan.FromSeconds(31));
        BudgetStatus status = await tracker.GetStatusAsync("day");
        Assert.Equal((0.4m, 0.1m, 0.4m), (status.Spent, status.Held, status.Unconfirmed));
        BudgetEvent expired = Assert.Single(Observer.Of(BudgetEventKind.LeaseExpired));
        Assert.Equal(("day", 0.4m, lost.Request.CallId), (expired.Budget, expired.Amount, expired.CallId));

        // Better is known after all.
        await tracker.SettleAsync(lost, SpendRequests.Used(0.2m));
        status = await tracker.GetStatusAsync("day");
        Assert.Equal((0.2m, 0m), (status.Spent, status.Unconfirmed));
    }

    [Fact]
    public async Task D23_AnAttemptThatIsSettledTwiceIsChargedAndWrittenDownOnce()
    {
        CostTracker tracker = TrackerOf(Budget.Daily("day", 10m));
        var call = Guid.NewGuid();
        SpendReservation first = await tracker.ReserveAsync(SpendRequests.Of(1m, call));
        await tracker.SettleAsync(first, SpendRequests.Used(0.5m));
        await tracker.SettleAsync(first, SpendRequests.Used(0.5m));
        await tracker.SpendAsync(SpendRequests.Of(1m, call), new BillableUsage { InputTokens = 500 }, TestContext.Current.CancellationToken);
        Assert.Equal((0.5m, 0m), ((await tracker.GetStatusAsync("day")).Spent, (await tracker.GetStatusAsync("day")).Held));

        // Another attempt of the same call is another bill.
        SpendReservation second = await tracker.ReserveAsync(SpendRequests.Of(1m, call, attempt: 2));
        await tracker.SettleAsync(second, SpendRequests.Used(0.25m));
        Assert.Equal(0.75m, (await tracker.GetStatusAsync("day")).Spent);
    }
}
