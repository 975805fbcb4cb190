namespace MeaiBudget.Tests;

public sealed class CostTrackerTests
{
    private readonly ManualClock _clock = new(new DateTimeOffset(2026, 3, 10, 12, 0, 0, TimeSpan.Zero));
    private readonly RecordingObserver _observer = new();
    private readonly InMemorySpendLedger _ledger;

    public CostTrackerTests() => _ledger = new InMemorySpendLedger(_clock);

    [Fact]
    public async Task WhatWasUsedIsChargedAndTheRestGivenBack()
    {
        CostTracker tracker = TrackerOf(Budget.Daily("day", 1m));
        SpendReservation reservation = await tracker.ReserveAsync(SpendRequests.Of(0.4m));
        Assert.True(reservation.IsAdmitted);
        Assert.Equal(0.4m, (await tracker.GetStatusAsync("day")).Held);

        Cost cost = await tracker.SettleAsync(reservation, SpendRequests.Used(0.3m));
        Assert.Equal(0.3m, cost.Amount);
        BudgetStatus status = await tracker.GetStatusAsync("day");
        Assert.Equal((0.3m, 0m, 0.7m, 1m), (status.Spent, status.Held, status.Remaining, status.Coverage));
        Assert.Equal(new DateTimeOffset(2026, 3, 11, 0, 0, 0, TimeSpan.Zero), status.ResetsAt);
    }

    [Fact]
    public void AllowReservesNothingAndSpendCharges()
    {
        CostTracker tracker = TrackerOf(Budget.Daily("day", 1m));
        Assert.True(tracker.Allow(SpendRequests.Model, 500, 500));
        Assert.True(tracker.Allow(SpendRequests.Model, 500, 500));
        Assert.False(tracker.Allow(SpendRequests.Model, 501, 500));
        Assert.Equal(0.8m, tracker.Spend(SpendRequests.Model, 300, 500).Amount);
        Assert.False(tracker.Allow(SpendRequests.Model, 201, 0));
        Assert.True(tracker.Allow(SpendRequests.Model, 200, 0));

        // Money that was spent already is charged beyond the limit.
        Assert.Equal(5m, tracker.Spend(SpendRequests.Model, 5000, 0).Amount);
        Assert.Throws<ArgumentOutOfRangeException>(() => tracker.Allow(SpendRequests.Model, -1, 0));
        Assert.Throws<ArgumentException>(() => tracker.Spend(" ", 1, 0));
    }

    [Fact]
    public async Task A2_ParallelFirstCallsOfAnUnknownTenantAreBoundByItsDefaultLimit()
    {
        CostTracker tracker = TrackerOf(Budget.Daily("tenant", 0m).PerTag("tenant"));
        var tags = new Dictionary<string, string> { ["tenant"] = "never seen" };
        SpendReservation[] answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ =>
            Task.Run(() => tracker.ReserveAsync(SpendRequests.Of(0.01m, tags: tags)).AsTask())));
        Assert.DoesNotContain(answers, answer => answer.IsAdmitted);
        Assert.All(answers, answer => Assert.Equal("never seen", answer.Refusal!.Key));
        Assert.Equal(0, _ledger.AccountCount);
    }

    [Fact]
    public async Task A4_AModelWithoutAKnownPriceIsRefusedForThatReason()
    {
        CostTracker tracker = TrackerOf(Budget.Daily("day", 1m));
        SpendReservation refused = await tracker.ReserveAsync(SpendRequests.Of(0.1m) with { ModelId = "who knows" });
        Assert.Equal(RefusalReason.UnknownPrice, refused.Refusal!.Reason);
        Assert.Equal("day", refused.Refusal.Budget);
    }

    [Fact]
    public async Task A4_AnAssumedPriceIsReservedAndCharged()
    {
        CostTracker tracker = TrackerOf(Budget.Daily("day", 1m) with
        {
            UnknownPriceBehavior = UnknownPriceBehavior.AssumePrice(ModelPrice.PerThousandTokens(2m, 2m)),
        });
        SpendReservation reservation = await tracker.ReserveAsync(SpendRequests.Of(0.3m) with { ModelId = "who knows" });
        Assert.Equal(600_000_000, reservation.NanoDollars);
        Cost cost = await tracker.SettleAsync(reservation, SpendRequests.Used(0.2m));
        Assert.Equal((0.4m, CostKind.Estimated), (cost.Amount, cost.Kind));
        BudgetStatus status = await tracker.GetStatusAsync("day");
        Assert.Equal((0.4m, 0m), (status.Spent, status.Coverage));
    }

    [Fact]
    public async Task D15_WhatPassesUnpricedLowersTheCoverage()
    {
        CostTracker tracker = TrackerOf(Budget.Daily("day", 1m) with { UnknownPriceBehavior = UnknownPriceBehavior.AllowUnpriced });
        await SpendAsync(tracker, SpendRequests.Of(0.3m), 0.3m);
        await SpendAsync(tracker, SpendRequests.Of(0.1m) with { ModelId = "who knows" }, 0.1m);
        BudgetStatus status = await tracker.GetStatusAsync("day");
        Assert.Equal((0.3m, 0.75m), (status.Spent, status.Coverage));
        Assert.Single(_observer.Of(BudgetEventKind.Unpriced));
    }

    [Fact]
    public async Task A5_ALedgerThatIsAwayRefusesAnEnforcingBudgetForThatReason()
    {
        var away = new UnreliableLedger(_ledger) { FailBefore = 2 };
        CostTracker tracker = TrackerOn(away, Budget.Daily("day", 1m));
        SpendReservation refused = await tracker.ReserveAsync(SpendRequests.Of(0.1m));
        Assert.Equal(RefusalReason.LedgerUnavailable, refused.Refusal!.Reason);
        await tracker.SendOutboxAsync();
        Assert.Equal(0, _ledger.OpenCount);
    }

    [Fact]
    public async Task A5_ALedgerThatIsAwayLetsPassWhereTheBudgetSaysSoAndIsToldLater()
    {
        var away = new UnreliableLedger(_ledger) { FailBefore = 4 };
        CostTracker tracker = TrackerOn(away, Budget.Daily("day", 0.05m) with { LedgerFailureBehavior = LedgerFailureBehavior.Allow });
        SpendReservation reservation = await tracker.ReserveAsync(SpendRequests.Of(0.1m));
        Assert.True(reservation.IsAdmitted);
        Assert.False(reservation.IsEnforced);
        Assert.Single(_observer.Of(BudgetEventKind.LedgerUnavailable));

        await tracker.SettleAsync(reservation, SpendRequests.Used(0.08m));
        while (tracker.PendingSettlements > 0)
        {
            await tracker.SendOutboxAsync();
        }

        BudgetStatus status = await tracker.GetStatusAsync("day");
        Assert.Equal((0.08m, 0m), (status.Spent, status.Held));
    }

    [Fact]
    public async Task A6_ALongPromptIsReservedAtThePriceOfItsBracket()
    {
        PriceCatalog catalog = PriceCatalog.Empty.With(
            "long", ModelPrice.PerMillionTokens(1m, 1m).WithBracket(272_000, ModelPrice.PerMillionTokens(2m, 2m)));
        var tracker = new CostTracker([Budget.Daily("day", 0.6m)], catalog, _ledger);
        SpendReservation reservation = await tracker.ReserveAsync(new SpendRequest
        {
            CallId = Guid.NewGuid(),
            Attempt = 1,
            ModelId = "long",
            Estimate = new TokenEstimate(300_000, 300_000, TokenEstimateSource.Exact),
            OutputTokens = 0,
        });
        Assert.Equal(600_000_000, reservation.NanoDollars);
        Assert.True(reservation.IsAdmitted);
    }

    [Fact]
    public async Task A7_WhatDoesNotFitIsNeverAdmittedButToldWhatWould()
    {
        CostTracker tracker = TrackerOf(Budget.Daily("day", 1m));
        await SpendAsync(tracker, SpendRequests.Of(0.8m), 0.8m);
        SpendReservation held = await tracker.ReserveAsync(SpendRequests.Of(0.05m));
        SpendReservation refused = await tracker.ReserveAsync(SpendRequests.Of(0.1m) with { OutputTokens = 500 });

        SpendRefusal refusal = refused.Refusal!;
        Assert.Equal(RefusalReason.Spent, refusal.Reason);
        Assert.Equal((1m, 0.8m, 0.05m, 0.6m), (refusal.Limit, refusal.Spent, refusal.Held, refusal.Wanted));
        Assert.Equal((100, 50), (refusal.PayableOutputTokens, refusal.FreeOutputTokens));
        Assert.Equal(new DateTimeOffset(2026, 3, 11, 0, 0, 0, TimeSpan.Zero), refusal.ResetsAt);
        Assert.Equal(TimeSpan.FromHours(12), refusal.RetryAfter);

        Assert.True((await tracker.ReserveAsync(SpendRequests.Of(0.1m) with { OutputTokens = 50 })).IsAdmitted);
        SpendRefusal notEvenInput = (await tracker.ReserveAsync(SpendRequests.Of(0.3m))).Refusal!;
        Assert.Equal((-1, -1), (notEvenInput.PayableOutputTokens, notEvenInput.FreeOutputTokens));
        await tracker.ReleaseAsync(held);
    }

    [Fact]
    public async Task HeldIsNotSpent()
    {
        CostTracker tracker = TrackerOf(Budget.Daily("day", 1m));
        SpendReservation open = await tracker.ReserveAsync(SpendRequests.Of(0.9m));
        SpendRefusal refusal = (await tracker.ReserveAsync(SpendRequests.Of(0.2m))).Refusal!;
        Assert.Equal(RefusalReason.Held, refusal.Reason);
        Assert.NotNull(refusal.RetryAfter);
        Assert.Equal(TimeSpan.FromSeconds(2), refusal.MaxWait);
        await tracker.ReleaseAsync(open);
        Assert.True((await tracker.ReserveAsync(SpendRequests.Of(0.2m))).IsAdmitted);
    }

    [Fact]
    public async Task A8_ZeroBlocksEverythingPaidAndNullNothing()
    {
        CostTracker none = TrackerOf(Budget.Daily("none", 0m));
        Assert.Equal(RefusalReason.Spent, (await none.ReserveAsync(SpendRequests.Of(0.001m))).Refusal!.Reason);
        Assert.True((await none.ReserveAsync(SpendRequests.Of(0.001m) with { IsFree = true, ModelId = "local" })).IsAdmitted);
        CostTracker unlimited = TrackerOf(Budget.Daily("unlimited", null));
        SpendReservation reservation = await unlimited.ReserveAsync(SpendRequests.Of(1_000_000m));
        Assert.True(reservation.IsAdmitted);
        Assert.False(reservation.IsEnforced);
    }

    [Fact]
    public async Task A11_NoTenantThatCountsIsForgottenAndNoneThatDoesNotIsKept()
    {
        CostTracker tracker = TrackerOf(Budget.Daily("tenant", 1m).PerTag("tenant"));
        for (int i = 0; i < 10_000; i++)
        {
            await SpendAsync(tracker, Tenant(i, 0.6m), 0.6m);
        }

        SpendReservation open = await tracker.ReserveAsync(Tenant(-1, 0.1m) with { Lease = TimeSpan.FromDays(30) });
        for (int i = 0; i < 10_000; i++)
        {
            Assert.False((await tracker.ReserveAsync(Tenant(i, 0.5m))).IsAdmitted);
        }

        Assert.Equal(10_001, _ledger.AccountCount);
        _clock.Advance(TimeSpan.FromDays(3));
        for (int i = 0; i < 3_000; i++)
        {
            await tracker.GetStatusAsync("tenant", "0");
        }

        Assert.Equal(1, _ledger.AccountCount);
        await tracker.SettleAsync(open, SpendRequests.Used(0.1m));
        Assert.Equal(0, _ledger.OpenCount);

        static SpendRequest Tenant(int i, decimal dollars) =>
            SpendRequests.Of(dollars, tags: new Dictionary<string, string> { ["tenant"] = $"{i}" });
    }

    [Fact]
    public async Task A12_AThousandInFlightDoNotOvershoot()
    {
        CostTracker tracker = TrackerOf(Budget.Daily("day", 1m), Budget.Monthly("month", 10m));
        SpendReservation[] answers = await Task.WhenAll(Enumerable.Range(0, 1000).Select(_ =>
            Task.Run(() => tracker.ReserveAsync(SpendRequests.Of(0.1m)).AsTask())));
        Assert.Equal(10, answers.Count(answer => answer.IsAdmitted));
        Assert.Equal(1m, (await tracker.GetStatusAsync("month")).Held);
    }

    [Fact]
    public async Task A13_AnExhaustedBudgetStillAdmitsWhatIsKnownToBeFree()
    {
        CostTracker tracker = TrackerOf(Budget.Daily("day", 1m));
        SpendReservation over = await tracker.ReserveAsync(SpendRequests.Of(1m));
        await tracker.SettleAsync(over, SpendRequests.Used(2m));
        SpendRequest local = SpendRequests.Of(100m) with
        {
            ModelId = "llama3.2",
            Provider = "ollama",
            ProviderUri = new Uri("http://localhost:11434"),
            OutputTokens = 10_000,
        };
        SpendReservation reservation = await tracker.ReserveAsync(local);
        Assert.True(reservation.IsAdmitted);
        Assert.Equal(PriceMatch.Free, reservation.Price.Match);
        Assert.Equal(0m, (await tracker.SettleAsync(reservation, SpendRequests.Used(100m))).Amount);
        Assert.Equal(2m, (await tracker.GetStatusAsync("day")).Spent);

        SpendReservation cloud = await tracker.ReserveAsync(local with { CallId = Guid.NewGuid(), ModelId = "gpt-oss:120b-cloud" });
        Assert.Equal(RefusalReason.UnknownPrice, cloud.Refusal!.Reason);
        Assert.False((await tracker.ReserveAsync(SpendRequests.Of(0.01m))).IsAdmitted);
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
        var lossy = new UnreliableLedger(_ledger) { FailAfter = 1 };
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
        var away = new UnreliableLedger(_ledger);
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
        var away = new UnreliableLedger(_ledger) { FailBefore = 2 };
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
        var lossy = new UnreliableLedger(_ledger) { FailAfter = 2 };
        CostTracker tracker = TrackerOn(lossy, Budget.Daily("day", 1m) with { LedgerFailureBehavior = LedgerFailureBehavior.Allow });
        SpendReservation reservation = await tracker.ReserveAsync(SpendRequests.Of(0.4m));
        Assert.True(reservation.IsAdmitted);

        await tracker.ReleaseAsync(reservation);
        await tracker.SendOutboxAsync();
        _clock.Advance(TimeSpan.FromHours(1));

        BudgetStatus status = await tracker.GetStatusAsync("day");
        Assert.Equal((0m, 0m, 0), (status.Spent, status.Held, tracker.PendingSettlements));
    }

    [Fact]
    public async Task B5_AnAttemptIsNotReservedAgainWhileItsReleaseIsUnderWay()
    {
        var slow = new UnreliableLedger(_ledger);
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

    [Theory]
    [InlineData("flex", null, 0.5)]
    [InlineData("flex", "default", 1.0)]
    [InlineData("flex", "priority", 2.0)]
    [InlineData(null, "flex", 0.5)]
    [InlineData(null, null, 1.0)]
    public async Task D10_TheTierThatAnsweredIsBilledElseTheOneThatWasAskedFor(string? asked, string? answered, double expected)
    {
        ModelPrice price = ModelPrice.PerThousandTokens(1m, 1m)
            .WithServiceTier("flex", ModelPrice.PerThousandTokens(0.5m, 0.5m)).WithServiceTier("priority", ModelPrice.PerThousandTokens(2m, 2m));
        var tracker = new CostTracker([Budget.Daily("day", 10m)], PriceCatalog.Empty.With("tiered", price), _ledger);
        SpendReservation reservation = await tracker.ReserveAsync(SpendRequests.Of(1m) with { ModelId = "tiered", ServiceTier = asked });

        Cost cost = await tracker.SettleAsync(reservation, new SpendSettlement { Usage = new BillableUsage { InputTokens = 1000, ServiceTier = answered } });

        Assert.Equal(((decimal)expected, (decimal)expected), (cost.Amount, (await tracker.GetStatusAsync("day")).Spent));
    }

    [Fact]
    public async Task A5_ARefusalStandsWhereTheLedgerCannotSayWhenItEnds()
    {
        var away = new UnreliableLedger(_ledger);
        CostTracker tracker = TrackerOn(away, Budget.Rolling("hour", 1m, TimeSpan.FromHours(1)));
        await tracker.SettleAsync(await tracker.ReserveAsync(SpendRequests.Of(0.9m)), SpendRequests.Used(0.9m));
        away.FailsReads = true;

        SpendRefusal refusal = (await tracker.ReserveAsync(SpendRequests.Of(0.5m))).Refusal!;

        Assert.Equal((RefusalReason.Spent, 0.9m), (refusal.Reason, refusal.Spent));
        Assert.InRange(refusal.ResetsAt!.Value, _clock.GetUtcNow().AddHours(1), _clock.GetUtcNow().AddMinutes(62));
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
        _clock.Advance(TimeSpan.FromHours(5));
        Assert.Equal(RefusalReason.Spent, (await tracker.ReserveAsync(SpendRequests.Of(0.2m, call.Request.CallId, attempt: 2))).Refusal!.Reason);
        using (var run = BudgetRun.Begin("run"))
        {
            await tracker.SettleAsync(await tracker.ReserveAsync(SpendRequests.Of(0.5m)), SpendRequests.Used(0.5m));
        }

        _clock.Advance(TimeSpan.FromHours(2));

        Assert.Equal(0.5m, Assert.Single(await tracker.GetStatusAsync()).Spent);
        Assert.Equal(1, _ledger.AccountCount);
    }

    [Fact]
    public async Task B6_AReservationWhoseProcessDiedIsChargedInFullWithAnEvent()
    {
        CostTracker tracker = TrackerOf(Budget.Daily("day", 1m));
        SpendReservation lost = await tracker.ReserveAsync(SpendRequests.Of(0.4m));
        SpendReservation renewed = await tracker.ReserveAsync(SpendRequests.Of(0.1m));
        _clock.Advance(TimeSpan.FromSeconds(90));
        await tracker.RenewAsync(renewed, TimeSpan.FromMinutes(2));
        _clock.Advance(TimeSpan.FromSeconds(31));
        BudgetStatus status = await tracker.GetStatusAsync("day");
        Assert.Equal((0.4m, 0.1m, 0.4m), (status.Spent, status.Held, status.Unconfirmed));
        BudgetEvent expired = Assert.Single(_observer.Of(BudgetEventKind.LeaseExpired));
        Assert.Equal(("day", 0.4m, lost.Request.CallId), (expired.Budget, expired.Amount, expired.CallId));

        // Better is known after all.
        await tracker.SettleAsync(lost, SpendRequests.Used(0.2m));
        status = await tracker.GetStatusAsync("day");
        Assert.Equal((0.2m, 0m), (status.Spent, status.Unconfirmed));
    }

    [Fact]
    public async Task B8_WithoutABudgetNothingIsRefusedAndSpendIsKept()
    {
        CostTracker tracker = TrackerOf();
        await SpendAsync(tracker, SpendRequests.Of(100_000m), 100_000m);
        Assert.True((await tracker.ReserveAsync(SpendRequests.Of(1m) with { ModelId = "who knows" })).IsAdmitted);
        BudgetStatus status = Assert.Single(await tracker.GetStatusAsync());
        Assert.Equal(100_000m, status.Spent);
        Assert.Null(status.Limit);
    }

    [Fact]
    public async Task C5_SpendGoesIntoThePeriodOfItsReservation()
    {
        _clock.Set(new DateTimeOffset(2026, 3, 10, 23, 59, 59, TimeSpan.Zero));
        CostTracker tracker = TrackerOf(Budget.Daily("day", 1m));
        SpendReservation reservation = await tracker.ReserveAsync(SpendRequests.Of(0.9m));
        _clock.Advance(TimeSpan.FromSeconds(6));
        await tracker.SettleAsync(reservation, SpendRequests.Used(0.9m));
        Assert.Equal(0m, (await tracker.GetStatusAsync("day")).Spent);
        Assert.True((await tracker.ReserveAsync(SpendRequests.Of(1m))).IsAdmitted);
        _clock.Advance(TimeSpan.FromSeconds(-6));
        Assert.Equal(0.9m, (await tracker.GetStatusAsync("day")).Spent);
    }

    [Fact]
    public async Task C7_ANewPeriodNeedsNoResetThatCouldBeMissed()
    {
        _clock.Set(new DateTimeOffset(2026, 3, 10, 23, 59, 59, TimeSpan.Zero));
        var ledger = new CountingLedger(new InMemorySpendLedger(_clock));
        CostTracker[] trackers = [new([Budget.Daily("day", 1m)], SpendRequests.Catalog, ledger), new([Budget.Daily("day", 1m)], SpendRequests.Catalog, ledger)];
        await SpendAsync(trackers[0], SpendRequests.Of(1m), 1m);
        Assert.Equal(1m, (await trackers[1].GetStatusAsync("day")).Spent);
        int asked = ledger.Admitted + ledger.Settled + ledger.Released;

        _clock.Advance(TimeSpan.FromSeconds(1));

        foreach (CostTracker tracker in trackers)
        {
            Assert.Equal(0m, (await tracker.GetStatusAsync("day")).Spent);
            Assert.True((await tracker.QuoteAsync(SpendRequests.Of(1m))).IsAdmitted);
        }

        Assert.Equal(asked, ledger.Admitted + ledger.Settled + ledger.Released);
    }

    [Fact]
    public async Task C8_ARefusedCallExtendsNothing()
    {
        CostTracker tracker = TrackerOf(Budget.Rolling("hour", 1m, TimeSpan.FromHours(1)));
        await SpendAsync(tracker, SpendRequests.Of(1m), 1m);
        for (int i = 0; i < 60; i++)
        {
            _clock.Advance(TimeSpan.FromMinutes(1));
            Assert.False((await tracker.ReserveAsync(SpendRequests.Of(0.1m))).IsAdmitted);
        }

        _clock.Advance(TimeSpan.FromMinutes(1));
        Assert.True((await tracker.ReserveAsync(SpendRequests.Of(1m))).IsAdmitted);
    }

    [Fact]
    public async Task C10_ChangingALimitKeepsWhatIsSpent()
    {
        await SpendAsync(TrackerOf(Budget.Daily("day", 1m)), SpendRequests.Of(0.9m), 0.9m);
        CostTracker raised = TrackerOf(Budget.Daily("day", 2m));
        Assert.True((await raised.ReserveAsync(SpendRequests.Of(1m))).IsAdmitted);
        Assert.Equal(0.9m, (await raised.GetStatusAsync("day")).Spent);
        CostTracker lowered = TrackerOf(Budget.Daily("day", 0.5m));
        Assert.False((await lowered.ReserveAsync(SpendRequests.Of(0.01m))).IsAdmitted);
    }

    [Fact]
    public async Task C9_ANewBudgetStartsFromNothing()
    {
        CostTracker before = TrackerOf(Budget.Monthly("month", 100m));
        await SpendAsync(before, SpendRequests.Of(50m), 50m);
        CostTracker after = TrackerOf(Budget.Monthly("month", 100m), Budget.Weekly("week", 10m));
        Assert.True((await after.ReserveAsync(SpendRequests.Of(10m))).IsAdmitted);
    }

    [Fact]
    public async Task C11_AClockThatIsSetBackOpensNoSecondBudget()
    {
        CostTracker tracker = TrackerOf(Budget.Hourly("hour", 1m), Budget.Rolling("rolling", 1m, TimeSpan.FromHours(2)));
        await SpendAsync(tracker, SpendRequests.Of(1m), 1m);
        _clock.Advance(TimeSpan.FromHours(1));
        Assert.Equal("rolling", (await tracker.ReserveAsync(SpendRequests.Of(1m))).Refusal!.Budget);
        _clock.Advance(TimeSpan.FromHours(-1));
        Assert.False((await tracker.ReserveAsync(SpendRequests.Of(0.1m))).IsAdmitted);
        _clock.Advance(TimeSpan.FromMinutes(-50));
        Assert.Equal("rolling", (await tracker.ReserveAsync(SpendRequests.Of(0.1m))).Refusal!.Budget);
    }

    [Fact]
    public async Task C11_AProcessWhoseClockIsBehindCountsWhatOthersSpentInItsFuture()
    {
        await SpendAsync(TrackerOf(Budget.Rolling("rolling", 1m, TimeSpan.FromHours(2))), SpendRequests.Of(1m), 1m);
        _clock.Advance(TimeSpan.FromMinutes(-10));
        CostTracker restarted = TrackerOf(Budget.Rolling("rolling", 1m, TimeSpan.FromHours(2)));

        Assert.Equal(RefusalReason.Spent, (await restarted.ReserveAsync(SpendRequests.Of(0.1m))).Refusal?.Reason);
        Assert.Equal(1m, (await restarted.GetStatusAsync("rolling")).Spent);

        // Of a clock that was wrong by more than a span nothing is believed.
        _clock.Advance(TimeSpan.FromHours(-3));
        Assert.True((await restarted.ReserveAsync(SpendRequests.Of(0.1m))).IsAdmitted);
    }

    [Fact]
    public async Task ARollingRefusalSaysWhenTheWantedSumFits()
    {
        CostTracker tracker = TrackerOf(Budget.Rolling("hour", 1m, TimeSpan.FromHours(1)));
        await SpendAsync(tracker, SpendRequests.Of(0.5m), 0.5m);
        _clock.Advance(TimeSpan.FromMinutes(30));
        await SpendAsync(tracker, SpendRequests.Of(0.5m), 0.5m);

        SpendRefusal small = (await tracker.ReserveAsync(SpendRequests.Of(0.4m))).Refusal!;
        SpendRefusal large = (await tracker.ReserveAsync(SpendRequests.Of(0.8m))).Refusal!;
        SpendRefusal never = (await tracker.ReserveAsync(SpendRequests.Of(1.1m))).Refusal!;
        Assert.Equal(new DateTimeOffset(2026, 3, 10, 13, 1, 0, TimeSpan.Zero), small.ResetsAt);
        Assert.Equal(new DateTimeOffset(2026, 3, 10, 13, 31, 0, TimeSpan.Zero), large.ResetsAt);
        Assert.Null(never.ResetsAt);
        _clock.Set(small.ResetsAt!.Value.AddTicks(-1));
        Assert.False((await tracker.ReserveAsync(SpendRequests.Of(0.4m))).IsAdmitted);
        _clock.Set(small.ResetsAt.Value);
        Assert.True((await tracker.ReserveAsync(SpendRequests.Of(0.4m))).IsAdmitted);
    }

    [Fact]
    public async Task TheModelThatAnsweredIsChargedUnlessTheApplicationGaveAPrice()
    {
        PriceCatalog catalog = PriceCatalog.Default;
        var tracker = new CostTracker([Budget.Daily("day", 100m)], catalog, _ledger);
        SpendRequest request = SpendRequests.Of(1m) with { ModelId = "gpt-4o" };
        BillableUsage usage = new() { InputTokens = 1_000_000 };
        SpendReservation reservation = await tracker.ReserveAsync(request);
        Cost cost = await tracker.SettleAsync(reservation, new SpendSettlement { Usage = usage, ResponseModelId = "gpt-4o-mini" });
        Assert.Equal(catalog.Resolve("gpt-4o-mini").Price!.CostOf(usage).Amount, cost.Amount);

        // D17: the dated id of the answer must not lose the price that was given for the configured one.
        var own = new CostTracker([Budget.Daily("day", 100m)], catalog.With("gpt-4o", ModelPrice.PerMillionTokens(7m, 7m)), new InMemorySpendLedger(_clock));
        reservation = await own.ReserveAsync(request);
        cost = await own.SettleAsync(reservation, new SpendSettlement { Usage = usage, ResponseModelId = "gpt-4o-2024-08-06" });
        Assert.Equal(7m, cost.Amount);
    }

    [Fact]
    public async Task InputThatCannotBeBoundedIsRefusedOrReservedAtTheWindow()
    {
        SpendRequest files = SpendRequests.Of(0.1m) with
        {
            ModelId = "gpt-4o",
            Estimate = new TokenEstimate(100, 100, TokenEstimateSource.Exact) { Flags = TokenEstimateFlags.HostedFiles },
        };
        var refusing = new CostTracker([Budget.Daily("day", 100m)], null, _ledger);
        Assert.Equal(RefusalReason.UnboundedInput, (await refusing.ReserveAsync(files)).Refusal!.Reason);

        var reserving = new CostTracker(
            [Budget.Daily("day", 100m) with { UnboundedInputBehavior = UnboundedInputBehavior.ReserveContextWindow }], null, _ledger);
        SpendReservation reservation = await reserving.ReserveAsync(files);
        PriceResolution price = PriceCatalog.Default.Resolve("gpt-4o");
        Assert.Equal(price.Price!.WorstCaseNanoDollars(price.Limits!.ContextWindow!.Value, 0), reservation.NanoDollars);
        Assert.True((await refusing.ReserveAsync(files with { IsFree = true, ModelId = "local" })).IsAdmitted);
    }

    [Fact]
    public async Task TokenAndRequestLimitsHoldToo()
    {
        CostTracker tracker = TrackerOf(Budget.Daily("day", null) with { TokenLimit = 1000, RequestLimit = 2 });
        SpendRefusal tokens = (await tracker.ReserveAsync(SpendRequests.Of(0.9m) with { OutputTokens = 200 })).Refusal!;
        Assert.Equal(("tokens", 1000m, 1100m, 100L), (tokens.Unit, tokens.Limit, tokens.Wanted, tokens.PayableOutputTokens));
        await SpendAsync(tracker, SpendRequests.Of(0.1m), 0.1m);
        await SpendAsync(tracker, SpendRequests.Of(0.1m), 0.1m);
        Assert.Equal("requests", (await tracker.ReserveAsync(SpendRequests.Of(0.1m))).Refusal!.Unit);
        BudgetStatus status = await tracker.GetStatusAsync("day");
        Assert.Equal((200L, 2L), (status.Tokens, status.Requests));
    }

    [Fact]
    public async Task AQuoteIsWhatReservingWouldSay()
    {
        CostTracker tracker = TrackerOf(Budget.Daily("day", 1m));
        await tracker.ReserveAsync(SpendRequests.Of(0.7m));
        foreach (decimal dollars in new[] { 0.1m, 0.3m, 0.301m, 2m })
        {
            SpendRequest request = SpendRequests.Of(dollars);
            BudgetQuote quote = await tracker.QuoteAsync(request);
            Assert.Equal(dollars, quote.WorstCase);
            Assert.Equal(dollars, quote.ExpectedInput.Amount);
            SpendReservation answer = await tracker.ReserveAsync(request);
            Assert.Equal(answer.IsAdmitted, quote.IsAdmitted);
            Assert.Equal(answer.Refusal, quote.Refusal);
            if (answer.IsAdmitted)
            {
                await tracker.ReleaseAsync(answer);
            }
        }
    }

    private static async Task SpendAsync(CostTracker tracker, SpendRequest request, decimal used)
    {
        SpendReservation reservation = await tracker.ReserveAsync(request);
        Assert.True(reservation.IsAdmitted, reservation.Refusal?.ToString());
        await tracker.SettleAsync(reservation, SpendRequests.Used(used));
    }

    [Fact]
    public async Task D21_ReloadedPricesHoldFromTheNextAttempt()
    {
        PriceCatalog inForce = SpendRequests.Catalog;
        using var prices = PriceCatalogSource.FromDelegate(
            "test", _ => ValueTask.FromResult(inForce), inForce, new PriceCatalogSourceOptions { TimeProvider = _clock });
        var tracker = new CostTracker([Budget.Daily("day", 100m)], prices, _ledger);
        SpendReservation before = await tracker.ReserveAsync(SpendRequests.Of(1m));
        Assert.Equal(RefusalReason.UnknownPrice, (await tracker.ReserveAsync(SpendRequests.Of(1m) with { ModelId = "new-model" })).Refusal!.Reason);

        inForce = PriceCatalog.Empty.With(SpendRequests.Model, ModelPrice.PerThousandTokens(3m, 3m)).With("new-model", ModelPrice.PerThousandTokens(2m, 2m));
        Assert.True(await prices.ReloadAsync(TestContext.Current.CancellationToken));

        SpendReservation after = await tracker.ReserveAsync(SpendRequests.Of(1m));
        Assert.Equal((1_000_000_000, 3_000_000_000), (before.NanoDollars, after.NanoDollars));
        Assert.True((await tracker.ReserveAsync(SpendRequests.Of(1m) with { ModelId = "new-model" })).IsAdmitted);
        Assert.Same(inForce.Info, tracker.Catalog.Info);

        // An attempt is settled at the price of its admission.
        Assert.Equal(1m, (await tracker.SettleAsync(before, SpendRequests.Used(1m))).Amount);
        Assert.Equal(3m, (await tracker.SettleAsync(after, SpendRequests.Used(1m))).Amount);
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

    private CostTracker TrackerOf(params Budget[] budgets) => TrackerOn(_ledger, budgets);

    private CostTracker TrackerOn(ISpendLedger ledger, params Budget[] budgets) =>
        new(budgets, SpendRequests.Catalog, ledger, options => options.Observers.Add(_observer));
}
