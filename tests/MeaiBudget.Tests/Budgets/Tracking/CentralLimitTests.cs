using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace MeaiBudget.Tests;

public sealed class CentralLimitTests
{
    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 3, 14, 15, 9, 26, TimeSpan.Zero));
    private readonly InMemorySpendLedger _ledger;

    public CentralLimitTests() => _ledger = new InMemorySpendLedger(_clock);

    [Fact]
    public async Task ALimitInTheLedgerIsObeyedByEveryServiceAtItsNextCall()
    {
        (CostTracker one, CostTracker other) = (TrackerOf(10m), TrackerOf(10m));
        Assert.True((await other.ReserveAsync(SpendRequests.Of(1m))).IsAdmitted);
        await one.SetLimitAsync("day", null, 1.5m, "Ada: less traffic");
        Assert.False((await other.ReserveAsync(SpendRequests.Of(1m))).IsAdmitted);
        Assert.True((await other.ReserveAsync(SpendRequests.Of(0.5m))).IsAdmitted);
        Assert.Equal(1.5m, (await other.GetStatusAsync("day")).Limit);

        // A service that starts later obeys it from its first call on, and spend continues.
        CostTracker late = TrackerOf(10m);
        Assert.False((await late.ReserveAsync(SpendRequests.Of(0.1m))).IsAdmitted);
        await one.SetLimitAsync("day", null, null, "Ada: back to normal");
        Assert.True((await late.ReserveAsync(SpendRequests.Of(5m))).IsAdmitted);
        Assert.Equal(10m, (await other.GetStatusAsync("day")).Limit);
    }

    [Fact]
    public async Task ALimitOfOneKeyGoesBeforeThatOfTheBudget()
    {
        var tracker = new CostTracker([Budget.Daily("tenants", 1m).PerTag("tenant")], SpendRequests.Catalog, _ledger);
        await tracker.SetLimitAsync("tenants", "", 0.5m, "test");
        await tracker.SetLimitAsync("tenants", "a/b", 3m, "test");
        Assert.True((await tracker.ReserveAsync(Of(2m, "a/b"))).IsAdmitted);
        Assert.False((await tracker.ReserveAsync(Of(0.6m, "c"))).IsAdmitted);
        Assert.True((await tracker.ReserveAsync(Of(0.5m, "c"))).IsAdmitted);
    }

    [Theory]
    [InlineData(Enforcement.Enforce)]
    [InlineData(Enforcement.Warn)]
    [InlineData(Enforcement.Observe)]
    public async Task M11_AStopRefusesAtOnceUntilItIsResumed(Enforcement enforcement)
    {
        CostTracker one = TrackerOf(10m, enforcement);
        CostTracker other = TrackerOf(10m, enforcement);
        SpendReservation open = await other.ReserveAsync(SpendRequests.Of(1m));
        await one.StopAsync("day", null, "Ada: runaway agent");
        SpendRefusal refusal = (await other.ReserveAsync(SpendRequests.Of(0m))).Refusal!;
        Assert.Equal((RefusalReason.Stopped, "day"), (refusal.Reason, refusal.Budget));
        Assert.Contains("Ada: runaway agent", new BudgetExceededException(refusal).Message, StringComparison.Ordinal);
        Assert.True((await other.GetStatusAsync("day")).IsStopped);

        // What was admitted before is charged.
        await other.SettleAsync(open, SpendRequests.Used(1m));
        Assert.Equal(1m, (await one.GetStatusAsync("day")).Spent);
        await one.ResumeAsync("day");
        while (!(await other.ReserveAsync(SpendRequests.Of(0.1m))).IsAdmitted)
        {
            // A refusal because of a stop reads the settings again after a quarter of a second.
            await Task.Yield();
        }
    }

    [Fact]
    public async Task M11_AStopOfOneKeyLeavesTheOthers()
    {
        var tracker = new CostTracker([Budget.Daily("tenants", 1m).PerTag("tenant")], SpendRequests.Catalog, _ledger);
        await tracker.StopAsync("tenants", "a", "test");
        Assert.Equal(RefusalReason.Stopped, (await tracker.ReserveAsync(Of(0.1m, "a"))).Refusal!.Reason);
        Assert.True((await tracker.ReserveAsync(Of(0.1m, "b"))).IsAdmitted);
    }

    [Fact]
    public async Task M11_ALimitOfZeroInAReloadedConfigurationStopsARunningApplicationAtOnce()
    {
        IConfigurationRoot configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["MeaiBudget:Budgets:day:Limit"] = "10",
            ["MeaiBudget:Prices:dollar-a-thousand:Input"] = "1000",
            ["MeaiBudget:Prices:dollar-a-thousand:Output"] = "1000",
        }).Build();
        var services = new ServiceCollection();
        services.AddMeaiBudget(configuration.GetSection("MeaiBudget"));
        await using ServiceProvider provider = services.BuildServiceProvider();
        CostTracker tracker = provider.GetRequiredService<CostTracker>();
        SpendReservation open = await tracker.ReserveAsync(SpendRequests.Of(1m));
        Assert.True(open.IsAdmitted);

        configuration["MeaiBudget:Budgets:day:Limit"] = "0";
        configuration.Reload();
        Assert.Equal(RefusalReason.Spent, (await tracker.ReserveAsync(SpendRequests.Of(0.01m))).Refusal!.Reason);
        await tracker.SettleAsync(open, SpendRequests.Used(1m));
        Assert.Equal((1m, 0m), ((await tracker.GetStatusAsync("day")).Spent, (await tracker.GetStatusAsync("day")).Held));

        configuration["MeaiBudget:Budgets:day:Limit"] = "5";
        configuration.Reload();
        Assert.True((await tracker.ReserveAsync(SpendRequests.Of(4m))).IsAdmitted);
        Assert.False((await tracker.ReserveAsync(SpendRequests.Of(0.01m))).IsAdmitted);
    }

    [Fact]
    public async Task SpendThatWasMadeIsChargedToAStoppedBudget()
    {
        CostTracker tracker = TrackerOf(10m);
        await tracker.StopAsync("day", null, "test");
        await tracker.SpendAsync(SpendRequests.Of(1m), SpendRequests.Used(1m).Usage);
        Assert.Equal(1m, (await tracker.GetStatusAsync("day")).Spent);
    }

    [Fact]
    public async Task AServiceWhoseCodeSaysOtherwiseIsListedWhileItDoes()
    {
        CostTracker tracker = TrackerOf(10m);
        await tracker.SetLimitAsync("day", null, 2m, "test");
        await tracker.ReserveAsync(SpendRequests.Of(0.1m));
        Assert.Contains((await _ledger.ReadSettingsAsync()).Settings, setting => setting.Key.StartsWith("code/day/", StringComparison.Ordinal) && setting.Value.StartsWith("10|", StringComparison.Ordinal));
        await tracker.SetLimitAsync("day", null, 10m, "test");
        await tracker.ReserveAsync(SpendRequests.Of(0.1m));
        Assert.DoesNotContain((await _ledger.ReadSettingsAsync()).Settings, setting => setting.Key.StartsWith("code/", StringComparison.Ordinal));
    }

    /// <summary>A dashboard or a report has budgets to show the spend against, and limits no call.</summary>
    [Fact]
    public async Task AProcessThatOnlyReadsAndChangesIsNotListedUntilItMakesACall()
    {
        CostTracker dashboard = TrackerOf(5m);
        await dashboard.SetLimitAsync("day", null, 2m, "test");
        Assert.Equal(2m, (await dashboard.GetStatusAsync("day")).Limit);
        await dashboard.GetStatusAsync();
        await dashboard.GetStatusPageAsync("day");
        Assert.DoesNotContain((await _ledger.ReadSettingsAsync()).Settings, setting => setting.Key.StartsWith("code/", StringComparison.Ordinal));

        // The settings are known by now and do not change again. The first call lists the service all the same.
        await dashboard.ReserveAsync(SpendRequests.Of(0.1m));
        Assert.Contains((await _ledger.ReadSettingsAsync()).Settings, setting => setting.Key.StartsWith("code/day/", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(-3.2)]
    [InlineData(0)]
    public async Task N7_ANegativeLimitIsZero(double limit)
    {
        var provider = new Provider((_, _) => new(limit == 0 ? decimal.Negate(0m) : (decimal)limit));
        CostTracker tracker = TrackerOf(2m, provider: provider);
        SpendRefusal refusal = (await tracker.ReserveAsync(SpendRequests.Of(0.1m))).Refusal!;
        Assert.Equal((RefusalReason.Spent, 0m), (refusal.Reason, refusal.Limit));
    }

    [Fact]
    public async Task N7_AProviderThatHangsIsCancelledAndTheLastKnownLimitIsUsed()
    {
        var never = new TaskCompletionSource<decimal?>();
        var cancelled = new TaskCompletionSource();
        bool hangs = false;
        var provider = new Provider((_, token) =>
        {
            if (!hangs)
            {
                return new(0.5m);
            }

            token.Register(() => cancelled.TrySetResult());
            return new(never.Task);
        });
        CostTracker tracker = TrackerOf(2m, provider: provider, timeout: TimeSpan.FromMilliseconds(1));
        Assert.False((await tracker.ReserveAsync(SpendRequests.Of(0.6m))).IsAdmitted);
        hangs = true;
        _clock.Advance(TimeSpan.FromMinutes(1));
        Assert.False((await tracker.ReserveAsync(SpendRequests.Of(0.6m))).IsAdmitted);
        Assert.True((await tracker.ReserveAsync(SpendRequests.Of(0.5m))).IsAdmitted);
        await cancelled.Task;
        Assert.InRange(provider.Asked, 2, 3);
    }

    [Fact]
    public async Task N7_TheLastKnownLimitsSurviveInTheLedger()
    {
        decimal? limit = 2m;
        CostTracker before = TrackerOf(new Provider((key, _) => new(key == "free;=" ? null : limit)));
        Assert.False((await before.ReserveAsync(Of(2.5m, "a"))).IsAdmitted);
        Assert.True((await before.ReserveAsync(Of(9m, "free;="))).IsAdmitted);
        _clock.Advance(TimeSpan.FromSeconds(2));

        // The provider is away when another process starts: the code's limit of 0.5 would refuse, one of 100 would admit.
        foreach (decimal code in new[] { 0.5m, 100m })
        {
            CostTracker after = TrackerOf(new Provider((_, _) => throw new InvalidOperationException("away")), code);
            Assert.True((await after.ReserveAsync(Of(0.7m, "a"))).IsAdmitted);
            Assert.False((await after.ReserveAsync(Of(2.1m, "a"))).IsAdmitted);
            Assert.True((await after.ReserveAsync(Of(1_000m, "free;="))).IsAdmitted);
        }

        // A change is kept a minute later, and an unchanged limit raises no version.
        limit = 3m;
        _clock.Advance(TimeSpan.FromMinutes(1));
        await before.ReserveAsync(Of(0m, "a"));
        _clock.Advance(TimeSpan.FromMinutes(2));
        (long version, IReadOnlyDictionary<string, string> settings) = await _ledger.ReadSettingsAsync();
        Assert.Contains(settings, setting => setting.Key.StartsWith("known/tenants/", StringComparison.Ordinal) && setting.Value == "a=3;");
        _clock.Advance(TimeSpan.FromMinutes(1));
        await before.ReserveAsync(Of(0m, "a"));
        _clock.Advance(TimeSpan.FromMinutes(2));
        Assert.Equal(version, (await _ledger.ReadSettingsAsync()).Version);

        CostTracker TrackerOf(IBudgetLimitProvider provider, decimal code = 1m) =>
            new([Budget.Daily("tenants", code).PerTag("tenant")], SpendRequests.Catalog, _ledger, options => options.LimitProvider = provider);
    }

    [Fact]
    public async Task N7_TheLastKnownLimitsOfManyKeysAreKept()
    {
        bool fails = false;
        var provider = new Provider((key, _) => fails ? throw new InvalidOperationException("The database is away.") : new(key == "first" ? 0.1m : 1m));
        var tracker = new CostTracker([Budget.Daily("tenants", 5m).PerTag("tenant")], SpendRequests.Catalog, _ledger, options => options.LimitProvider = provider);
        await tracker.ReserveAsync(Of(0.01m, "first"));
        for (int i = 0; i < 60_000; i++)
        {
            await tracker.AllowAsync("model", 1, 1, new Dictionary<string, string> { ["tenant"] = $"t{i}" });
        }

        fails = true;
        _clock.Advance(TimeSpan.FromMinutes(1));
        Assert.False((await tracker.ReserveAsync(Of(0.2m, "first"))).IsAdmitted);
    }

    [Fact]
    public async Task N7_CallsOutsideOfRunsShareOneLimitOfTheProvider()
    {
        var provider = new Provider((key, _) => new(key.Length == 0 ? 0.5m : 9m));
        var tracker = new CostTracker([Budget.PerRun(1m)], SpendRequests.Catalog, _ledger, options => options.LimitProvider = provider);
        for (int i = 0; i < 20; i++)
        {
            Assert.False((await tracker.ReserveAsync(SpendRequests.Of(0.6m))).IsAdmitted);
        }

        Assert.Equal(1, provider.Asked);
    }

    [Fact]
    public async Task N9_CallsOutsideOfRunsLeaveNothingWhenTheyHaveEnded()
    {
        var tracker = new CostTracker([Budget.PerRun(1m)], SpendRequests.Catalog, _ledger);
        for (int i = 0; i < 1000; i++)
        {
            SpendReservation reservation = await tracker.ReserveAsync(SpendRequests.Of(0.5m));
            await tracker.SettleAsync(reservation, SpendRequests.Used(0.5m));
            ((ISpendGate)tracker).EndCall(reservation.Request.CallId);
        }

        await tracker.GetStatusAsync();
        Assert.InRange(_ledger.AccountCount, 0, 20);
    }

    [Fact]
    public async Task N8_AnAttemptIsAdjustedAfterABudgetWasAddedOrRemoved()
    {
        CostTracker before = TrackerOf(10m);
        SpendReservation reservation = await before.ReserveAsync(SpendRequests.Of(1m));
        await before.SettleAsync(reservation, SpendRequests.Used(1m));
        var id = Guid.NewGuid();
        foreach (Budget[] budgets in (Budget[][])[[Budget.Daily("day", 10m), Budget.Monthly("month", 90m)], [Budget.Monthly("month", 90m), Budget.Daily("day", 10m)], [Budget.Daily("day", 10m)]])
        {
            var after = new CostTracker(budgets, SpendRequests.Catalog, _ledger);
            Assert.True(await after.AdjustAsync(reservation.Request.CallId, 1, 0.2m, "invoice", id));
            Assert.False(await after.AdjustAsync(reservation.Request.CallId, 1, 0.2m, "invoice", id));
            Assert.Equal(0.2m, (await after.GetStatusAsync("day")).Spent);
            id = Guid.NewGuid();
        }

        Assert.False(await new CostTracker([Budget.Daily("other", 1m)], SpendRequests.Catalog, _ledger).AdjustAsync(reservation.Request.CallId, 1, 0.2m, "invoice"));
    }

    [Fact]
    public async Task N10_StatusesAreReadInPages()
    {
        var tracker = new CostTracker([Budget.Daily("tenants", 5m).PerTag("tenant"), Budget.Daily("requests", null).PerTag("tenant") with { RequestLimit = 9 }], SpendRequests.Catalog, _ledger);
        for (int i = 0; i < 25; i++)
        {
            await tracker.SettleAsync(await tracker.ReserveAsync(Of(0.1m + (0.01m * i), $"t/{i}")), SpendRequests.Used(0.1m + (0.01m * i)));
        }

        var keys = new List<string>();
        string? cursor = null;
        do
        {
            (IReadOnlyList<BudgetStatus> statuses, cursor) = await tracker.GetStatusPageAsync("tenants", isBySpent: true, cursor: cursor, count: 10);
            keys.AddRange(statuses.Select(status => status.Key));
        }
        while (cursor is not null);
        Assert.Equal(Enumerable.Range(0, 25).Select(i => $"t/{24 - i}"), keys);
        Assert.Equal(["t/7"], (await tracker.GetStatusPageAsync("tenants", contains: "/7")).Statuses.Select(status => status.Key));
        Assert.Equal(25, (await tracker.GetStatusPageAsync("requests", count: 100)).Statuses.Count);
        Assert.Equal(50, (await tracker.GetStatusAsync()).Count);
        await Assert.ThrowsAsync<ArgumentException>(async () => await tracker.GetStatusPageAsync("tenants", cursor: "nonsense"));
    }

    [Fact]
    public async Task N16_LongTagsAreShortenedAndKeptApart()
    {
        var tracker = new CostTracker([Budget.Daily("tenants", 5m).PerTag("tenant")], SpendRequests.Catalog, _ledger);
        string one = new('x', 1_000_000);
        await tracker.SettleAsync(await tracker.ReserveAsync(Of(0.1m, one + "1")), SpendRequests.Used(0.1m));
        await tracker.SettleAsync(await tracker.ReserveAsync(Of(0.2m, one + "2")), SpendRequests.Used(0.2m));
        IReadOnlyList<BudgetStatus> statuses = await tracker.GetStatusAsync();
        Assert.Equal([0.1m, 0.2m], statuses.Select(status => status.Spent).Order());
        Assert.All(statuses, status => Assert.InRange(status.Key.Length, 1, 256));
    }

    private static SpendRequest Of(decimal dollars, string tenant) =>
        SpendRequests.Of(dollars, tags: new Dictionary<string, string> { ["tenant"] = tenant });

    private CostTracker TrackerOf(decimal limit, Enforcement enforcement = Enforcement.Enforce, IBudgetLimitProvider? provider = null, TimeSpan? timeout = null) => new(
        [Budget.Daily("day", limit) with { Enforcement = enforcement }],
        SpendRequests.Catalog,
        _ledger,
        options =>
        {
            options.LimitProvider = provider;
            options.LimitTimeout = timeout ?? options.LimitTimeout;
        });

    private sealed class Provider(Func<string, CancellationToken, ValueTask<decimal?>> limit) : IBudgetLimitProvider
    {
        private int _asked;

        public int Asked => _asked;

        public ValueTask<decimal?> GetLimitAsync(Budget budget, string key, CancellationToken cancellationToken = default)
        {
            Interlocked.Increment(ref _asked);
            return limit(key, cancellationToken);
        }
    }
}
