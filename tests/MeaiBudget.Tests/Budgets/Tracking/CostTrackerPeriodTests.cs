namespace MeaiBudget.Tests;

/// <summary>Periods, clocks, changed limits and prices, and many calls or keys at once.</summary>
public sealed class CostTrackerPeriodTests : CostTrackerScene
{
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

        Assert.Equal(10_001, Ledger.AccountCount);
        Clock.Advance(TimeSpan.FromDays(3));
        for (int i = 0; i < 3_000; i++)
        {
            await tracker.GetStatusAsync("tenant", "0");
        }

        Assert.Equal(1, Ledger.AccountCount);
        await tracker.SettleAsync(open, SpendRequests.Used(0.1m));
        Assert.Equal(0, Ledger.OpenCount);

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
        Clock.Set(new DateTimeOffset(2026, 3, 10, 23, 59, 59, TimeSpan.Zero));
        CostTracker tracker = TrackerOf(Budget.Daily("day", 1m));
        SpendReservation reservation = await tracker.ReserveAsync(SpendRequests.Of(0.9m));
        Clock.Advance(TimeSpan.FromSeconds(6));
        await tracker.SettleAsync(reservation, SpendRequests.Used(0.9m));
        Assert.Equal(0m, (await tracker.GetStatusAsync("day")).Spent);
        Assert.True((await tracker.ReserveAsync(SpendRequests.Of(1m))).IsAdmitted);
        Clock.Advance(TimeSpan.FromSeconds(-6));
        Assert.Equal(0.9m, (await tracker.GetStatusAsync("day")).Spent);
    }

    [Fact]
    public async Task C7_ANewPeriodNeedsNoResetThatCouldBeMissed()
    {
        Clock.Set(new DateTimeOffset(2026, 3, 10, 23, 59, 59, TimeSpan.Zero));
        var ledger = new CountingLedger(new InMemorySpendLedger(Clock));
        CostTracker[] trackers = [new([Budget.Daily("day", 1m)], SpendRequests.Catalog, ledger), new([Budget.Daily("day", 1m)], SpendRequests.Catalog, ledger)];
        await SpendAsync(trackers[0], SpendRequests.Of(1m), 1m);
        Assert.Equal(1m, (await trackers[1].GetStatusAsync("day")).Spent);
        int asked = ledger.Admitted + ledger.Settled + ledger.Released;

        Clock.Advance(TimeSpan.FromSeconds(1));

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
            Clock.Advance(TimeSpan.FromMinutes(1));
            Assert.False((await tracker.ReserveAsync(SpendRequests.Of(0.1m))).IsAdmitted);
        }

        Clock.Advance(TimeSpan.FromMinutes(1));
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
        Clock.Advance(TimeSpan.FromHours(1));
        Assert.Equal("rolling", (await tracker.ReserveAsync(SpendRequests.Of(1m))).Refusal!.Budget);
        Clock.Advance(TimeSpan.FromHours(-1));
        Assert.False((await tracker.ReserveAsync(SpendRequests.Of(0.1m))).IsAdmitted);
        Clock.Advance(TimeSpan.FromMinutes(-50));
        Assert.Equal("rolling", (await tracker.ReserveAsync(SpendRequests.Of(0.1m))).Refusal!.Budget);
    }

    [Fact]
    public async Task C11_AProcessWhoseClockIsBehindCountsWhatOthersSpentInItsFuture()
    {
        await SpendAsync(TrackerOf(Budget.Rolling("rolling", 1m, TimeSpan.FromHours(2))), SpendRequests.Of(1m), 1m);
        Clock.Advance(TimeSpan.FromMinutes(-10));
        CostTracker restarted = TrackerOf(Budget.Rolling("rolling", 1m, TimeSpan.FromHours(2)));

        Assert.Equal(RefusalReason.Spent, (await restarted.ReserveAsync(SpendRequests.Of(0.1m))).Refusal?.Reason);
        Assert.Equal(1m, (await restarted.GetStatusAsync("rolling")).Spent);

        // Of a clock that was wrong by more than a span nothing is believed.
        Clock.Advance(TimeSpan.FromHours(-3));
        Assert.True((await restarted.ReserveAsync(SpendRequests.Of(0.1m))).IsAdmitted);
    }

    [Fact]
    public async Task ARollingRefusalSaysWhenTheWantedSumFits()
    {
        CostTracker tracker = TrackerOf(Budget.Rolling("hour", 1m, TimeSpan.FromHours(1)));
        await SpendAsync(tracker, SpendRequests.Of(0.5m), 0.5m);
        Clock.Advance(TimeSpan.FromMinutes(30));
        await SpendAsync(tracker, SpendRequests.Of(0.5m), 0.5m);

        SpendRefusal small = (await tracker.ReserveAsync(SpendRequests.Of(0.4m))).Refusal!;
        SpendRefusal large = (await tracker.ReserveAsync(SpendRequests.Of(0.8m))).Refusal!;
        SpendRefusal never = (await tracker.ReserveAsync(SpendRequests.Of(1.1m))).Refusal!;
        Assert.Equal(new DateTimeOffset(2026, 3, 10, 13, 1, 0, TimeSpan.Zero), small.ResetsAt);
        Assert.Equal(new DateTimeOffset(2026, 3, 10, 13, 31, 0, TimeSpan.Zero), large.ResetsAt);
        Assert.Null(never.ResetsAt);
        Clock.Set(small.ResetsAt!.Value.AddTicks(-1));
        Assert.False((await tracker.ReserveAsync(SpendRequests.Of(0.4m))).IsAdmitted);
        Clock.Set(small.ResetsAt.Value);
        Assert.True((await tracker.ReserveAsync(SpendRequests.Of(0.4m))).IsAdmitted);
    }

    [Fact]
    public async Task D21_ReloadedPricesHoldFromTheNextAttempt()
    {
        PriceCatalog inForce = SpendRequests.Catalog;
        using var prices = PriceCatalogSource.FromDelegate(
            "test", _ => ValueTask.FromResult(inForce), inForce, new PriceCatalogSourceOptions { TimeProvider = Clock });
        var tracker = new CostTracker([Budget.Daily("day", 100m)], prices, Ledger);
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
}
