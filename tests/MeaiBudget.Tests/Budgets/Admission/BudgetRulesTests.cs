namespace MeaiBudget.Tests;

/// <summary>Enforcement, thresholds, limits at run time, grants and corrections.</summary>
public sealed class BudgetRulesTests
{
    private readonly ManualClock _clock = new(new DateTimeOffset(2026, 3, 10, 12, 0, 0, TimeSpan.Zero));
    private readonly RecordingObserver _observer = new();
    private readonly InMemorySpendLedger _ledger;

    public BudgetRulesTests() => _ledger = new InMemorySpendLedger(_clock);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task ObservingCountsExactlyWhatEnforcingRefuses(bool byTenant)
    {
        var budget = Budget.Daily("day", 1m);
        budget = byTenant ? budget.PerTag("tenant") : budget;
        CostTracker enforcing = TrackerOf(budget);
        var observed = new RecordingObserver();
        var observing = new CostTracker(
            [budget with { Enforcement = Enforcement.Observe }], SpendRequests.Catalog, new InMemorySpendLedger(_clock), options => options.Observers.Add(observed));

        var random = new Random(7);
        int refused = 0;
        decimal all = 0;
        for (int i = 0; i < 500; i++)
        {
            decimal wanted = random.Next(1, 400) / 1000m;
            decimal used = Math.Round(wanted * random.Next(0, 101) / 100m, 3);
            var tags = new Dictionary<string, string> { ["tenant"] = $"{random.Next(3)}" };
            SpendReservation strict = await enforcing.ReserveAsync(SpendRequests.Of(wanted, tags: tags));
            SpendReservation lax = await observing.ReserveAsync(SpendRequests.Of(wanted, tags: tags));
            Assert.True(lax.IsAdmitted);
            Assert.False(lax.IsEnforced);
            refused += strict.IsAdmitted ? 0 : 1;
            if (strict.IsAdmitted)
            {
                await enforcing.SettleAsync(strict, SpendRequests.Used(used));
            }

            await observing.SettleAsync(lax, SpendRequests.Used(used));
            all += used;
            Assert.Equal(refused, observed.Of(BudgetEventKind.WouldHaveRefused).Count());
            if (i == 250)
            {
                _clock.Advance(TimeSpan.FromDays(1));
                all = 0;
            }
        }

        Assert.InRange(refused, 10, 490);
        Assert.Equal(all, (await observing.GetStatusAsync()).Sum(status => status.Spent));
    }

    [Fact]
    public async Task WarningRefusesNothingAndSaysSo()
    {
        CostTracker tracker = TrackerOf(Budget.Daily("day", 1m) with { Enforcement = Enforcement.Warn });
        for (int i = 0; i < 4; i++)
        {
            await SpendAsync(tracker, 0.4m);
        }

        Assert.Equal(1.6m, (await tracker.GetStatusAsync("day")).Spent);
        Assert.Equal([0.5m, 0.8m, 1m], _observer.Of(BudgetEventKind.ThresholdPassed).Select(passed => passed.Amount));
    }

    [Fact]
    public async Task AThresholdIsToldOnceAPeriod()
    {
        CostTracker tracker = TrackerOf(Budget.Daily("day", 10m) with { Thresholds = [0.5m] });
        Guid call = await SpendAsync(tracker, 6m);
        Assert.Single(_observer.Of(BudgetEventKind.ThresholdPassed));

        // Corrected to below it, and passed again.
        Assert.True(await tracker.AdjustAsync(call, 1, 1m, "the provider's invoice"));
        await SpendAsync(tracker, 6m);
        Assert.Single(_observer.Of(BudgetEventKind.ThresholdPassed));

        _clock.Advance(TimeSpan.FromDays(1));
        await SpendAsync(tracker, 6m);
        Assert.Equal(2, _observer.Of(BudgetEventKind.ThresholdPassed).Count());
    }

    [Fact]
    public async Task OneOfParallelSettlementsPassesTheThreshold()
    {
        CostTracker tracker = TrackerOf(Budget.Daily("day", 10m));
        await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => Task.Run(() => SpendAsync(tracker, 0.1m))));
        Assert.Equal([0.5m, 0.8m, 1m], _observer.Of(BudgetEventKind.ThresholdPassed).Select(passed => passed.Amount).Order());
    }

    [Fact]
    public async Task WhatIsBilledBeyondTheReservationIsChargedAndTold()
    {
        CostTracker tracker = TrackerOf(Budget.Daily("day", 1m));
        SpendReservation reservation = await tracker.ReserveAsync(SpendRequests.Of(0.9m));
        await tracker.SettleAsync(reservation, SpendRequests.Used(1.2m));
        BudgetStatus status = await tracker.GetStatusAsync("day");
        Assert.Equal((1.2m, 0.3m, 0m), (status.Spent, status.Overrun, status.Remaining));
        Assert.Equal(0.3m, Assert.Single(_observer.Of(BudgetEventKind.Overrun)).Amount);
    }

    [Fact]
    public async Task EveryBudgetMustAdmitAndARefusalTakesFromNone()
    {
        CostTracker tracker = TrackerOf(Budget.Daily("day", 1m), Budget.Monthly("month", 10m), Budget.Daily("tenant", 0.5m).PerTag("tenant"));
        SpendReservation refused = await tracker.ReserveAsync(SpendRequests.Of(0.6m));
        Assert.Equal("tenant", refused.Refusal!.Budget);
        Assert.Equal(0m, (await tracker.GetStatusAsync("month")).Held);
        SpendReservation admitted = await tracker.ReserveAsync(SpendRequests.Of(0.5m));
        Assert.Equal(["day", "month", "tenant"], admitted.Budgets);
    }

    [Fact]
    public async Task OfSeveralSpentBudgetsTheLastToResetIsNamed()
    {
        CostTracker tracker = TrackerOf(Budget.Daily("day", 1m), Budget.Monthly("month", 1m), Budget.Hourly("hour", 1m));
        SpendRefusal refusal = (await tracker.ReserveAsync(SpendRequests.Of(1m) with { OutputTokens = 1 })).Refusal!;
        Assert.Null(refusal.ResetsAt);
        await SpendAsync(tracker, 0.5m);
        refusal = (await tracker.ReserveAsync(SpendRequests.Of(0.6m))).Refusal!;
        Assert.Equal(("month", new DateTimeOffset(2026, 4, 1, 0, 0, 0, TimeSpan.Zero)), (refusal.Budget, refusal.ResetsAt));
    }

    [Fact]
    public async Task AGrantStandsOnTopOfTheLimitUntilItEnds()
    {
        CostTracker tracker = TrackerOf(Budget.Daily("tenant", 1m).PerTag("tenant"));
        await SpendAsync(tracker, 0.9m, "acme");
        var id = Guid.NewGuid();
        DateTimeOffset until = _clock.GetUtcNow().AddHours(1);
        Assert.True(await tracker.GrantAsync("tenant", "acme", 1m, until, "support, ticket 12", id));
        Assert.False(await tracker.GrantAsync("tenant", "acme", 1m, until, "support, ticket 12", id));
        BudgetEvent granted = Assert.Single(_observer.Of(BudgetEventKind.Granted));
        Assert.Equal(("tenant", "acme", 1m), (granted.Budget, granted.Key, granted.Amount));

        SpendReservation under = await tracker.ReserveAsync(Of(1m, "acme"));
        Assert.True(under.IsAdmitted);
        Assert.False((await tracker.ReserveAsync(Of(0.2m, "other"))).Refusal is { Limit: 2m });
        Assert.Equal(1m, (await tracker.GetStatusAsync("tenant", "acme")).Granted);

        _clock.Advance(TimeSpan.FromHours(1));
        Assert.Equal(1m, (await tracker.ReserveAsync(Of(0.05m, "acme"))).Refusal!.Limit);
        await tracker.SettleAsync(under, SpendRequests.Used(1m));
        Assert.Equal(1.9m, (await tracker.GetStatusAsync("tenant", "acme")).Spent);
        await Assert.ThrowsAsync<ArgumentException>(async () => await tracker.GrantAsync("no such", "", 1m, until, "x"));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(async () => await tracker.GrantAsync("tenant", "", 0m, until, "x"));
    }

    [Fact]
    public async Task ACorrectionIsANewTotalInThePeriodOfTheReservation()
    {
        CostTracker tracker = TrackerOf(Budget.Daily("day", 1m) with { TokenLimit = 1_000_000 });
        Guid call = await SpendAsync(tracker, 0.4m);
        _clock.Advance(TimeSpan.FromDays(1));
        var id = Guid.NewGuid();
        Assert.True(await tracker.AdjustAsync(call, 1, 0.25m, "the provider's invoice", id));
        Assert.False(await tracker.AdjustAsync(call, 1, 0.25m, "the provider's invoice", id));
        Assert.Equal(0m, (await tracker.GetStatusAsync("day")).Spent);
        _clock.Advance(TimeSpan.FromDays(-1));
        BudgetStatus status = await tracker.GetStatusAsync("day");
        Assert.Equal((0.25m, 400L), (status.Spent, status.Tokens));
        Assert.Equal(call, Assert.Single(_observer.Of(BudgetEventKind.Adjusted)).CallId);
        Assert.False(await tracker.AdjustAsync(Guid.NewGuid(), 1, 1m, "nobody's call"));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(async () => await tracker.AdjustAsync(call, 1, -1m, "x"));
    }

    [Fact]
    public async Task LimitsCanDifferForEachKeyAndChangeAtRunTime()
    {
        var limits = new TableOfLimits { ["small"] = 0.1m, ["large"] = null };
        var tracker = new CostTracker([Budget.Daily("tenant", 1m).PerTag("tenant")], SpendRequests.Catalog, _ledger, options =>
        {
            options.LimitProvider = limits;
            options.LimitCacheDuration = TimeSpan.FromSeconds(30);
        });
        Assert.Equal(0.1m, (await tracker.ReserveAsync(Of(0.2m, "small"))).Refusal!.Limit);
        Assert.Equal(1m, (await tracker.ReserveAsync(Of(1.1m, "any other"))).Refusal!.Limit);
        Assert.True((await tracker.ReserveAsync(Of(1000m, "large"))).IsAdmitted);

        limits["small"] = 0.5m;
        Assert.False((await tracker.ReserveAsync(Of(0.2m, "small"))).IsAdmitted);
        int asked = limits.Asked;
        Assert.False((await tracker.ReserveAsync(Of(0.2m, "small"))).IsAdmitted);
        Assert.Equal(asked, limits.Asked);
        _clock.Advance(TimeSpan.FromSeconds(30));
        Assert.True((await tracker.ReserveAsync(Of(0.2m, "small"))).IsAdmitted);

        // A provider that fails leaves the last known limit in force.
        limits.Fails = true;
        _clock.Advance(TimeSpan.FromSeconds(30));
        Assert.Equal(0.5m, (await tracker.ReserveAsync(Of(0.4m, "small"))).Refusal!.Limit);
        Assert.Equal(1m, (await tracker.ReserveAsync(Of(2m, "unheard of"))).Refusal!.Limit);
    }

    [Fact]
    public async Task AnObserverThatThrowsBreaksNothing()
    {
        var tracker = new CostTracker(
            [Budget.Daily("day", 1m)], SpendRequests.Catalog, _ledger, options =>
            {
                options.Observers.Add(new ThrowingObserver());
                options.Observers.Add(_observer);
            });
        await SpendAsync(tracker, 1m);
        Assert.False((await tracker.ReserveAsync(SpendRequests.Of(0.1m))).IsAdmitted);
        Assert.Equal(0.1m, Assert.Single(_observer.Of(BudgetEventKind.Refused)).Amount);
        Assert.NotEmpty(_observer.Of(BudgetEventKind.ThresholdPassed));
    }

    [Fact]
    public async Task PerRunBudgetsTakeEachCallOutsideARunAsOne()
    {
        CostTracker tracker = TrackerOf(Budget.PerRun(0.5m));
        var call = Guid.NewGuid();
        Assert.True((await tracker.ReserveAsync(SpendRequests.Of(0.5m, call))).IsAdmitted);
        Assert.False((await tracker.ReserveAsync(SpendRequests.Of(0.1m, call, attempt: 2))).IsAdmitted);
        Assert.True((await tracker.ReserveAsync(SpendRequests.Of(0.5m))).IsAdmitted);

        using var outer = BudgetRun.Begin("outer");
        Assert.True((await tracker.ReserveAsync(SpendRequests.Of(0.3m))).IsAdmitted);
        using (BudgetRun.Begin("inner"))
        {
            SpendRefusal refusal = (await tracker.ReserveAsync(SpendRequests.Of(0.3m))).Refusal!;
            Assert.Equal(outer.Id, refusal.Key);
            Assert.True((await tracker.ReserveAsync(SpendRequests.Of(0.2m))).IsAdmitted);
        }

        Assert.False((await tracker.ReserveAsync(SpendRequests.Of(0.1m))).IsAdmitted);
    }

    private static SpendRequest Of(decimal dollars, string tenant) =>
        SpendRequests.Of(dollars, tags: new Dictionary<string, string> { ["tenant"] = tenant });

    private static async Task<Guid> SpendAsync(CostTracker tracker, decimal dollars, string tenant = "")
    {
        SpendRequest request = Of(dollars, tenant);
        SpendReservation reservation = await tracker.ReserveAsync(request);
        Assert.True(reservation.IsAdmitted, reservation.Refusal?.ToString());
        await tracker.SettleAsync(reservation, SpendRequests.Used(dollars));
        return request.CallId;
    }

    private CostTracker TrackerOf(params Budget[] budgets) =>
        new(budgets, SpendRequests.Catalog, _ledger, options => options.Observers.Add(_observer));

    private sealed class ThrowingObserver : ICallObserver
    {
        public void OnBudget(BudgetEvent budgetEvent) => throw new InvalidOperationException("observers may be broken");
    }

    private sealed class TableOfLimits : Dictionary<string, decimal?>, IBudgetLimitProvider
    {
        public int Asked { get; private set; }

        public bool Fails { get; set; }

        public ValueTask<decimal?> GetLimitAsync(Budget budget, string key, CancellationToken cancellationToken = default)
        {
            Asked++;
            return Fails ? throw new InvalidOperationException("the plans' database is away")
                : new(TryGetValue(key, out decimal? limit) ? limit : budget.Limit);
        }
    }
}
