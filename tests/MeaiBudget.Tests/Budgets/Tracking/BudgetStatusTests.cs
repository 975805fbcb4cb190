namespace MeaiBudget.Tests;

/// <summary>What people see of a budget: every key that used something, and how much of it was priced.</summary>
public sealed class BudgetStatusTests
{
    private readonly InMemorySpendLedger _ledger = new(new ManualClock(new DateTimeOffset(2026, 3, 10, 12, 0, 0, TimeSpan.Zero)));

    [Fact]
    public async Task D15_AKeyThatUsedOnlyWhatHasNoKnownPriceIsListedWithItsCoverage()
    {
        CostTracker tracker = TrackerOf(Budget.Daily("tenant", 5m).PerTag("tenant") with { UnknownPriceBehavior = UnknownPriceBehavior.AllowUnpriced });
        await UseAsync(tracker, SpendRequests.Of(0.1m, tags: Tenant("a")) with { ModelId = "who knows" });

        BudgetStatus status = Assert.Single(await tracker.GetStatusAsync());

        Assert.Equal(("a", 0m, 0m, 100L), (status.Key, status.Spent, status.Coverage, status.Tokens));
    }

    [Fact]
    public async Task AKeyThatUsedOnlyWhatIsFreeIsListedWithItsTokensAndRequests()
    {
        CostTracker tracker = TrackerOf(Budget.Daily("tenant", 5m).PerTag("tenant") with { TokenLimit = 1000, RequestLimit = 10 });
        await UseAsync(tracker, SpendRequests.Of(0.1m, tags: Tenant("a")) with { IsFree = true, ModelId = "local" });
        await UseAsync(tracker, SpendRequests.Of(0.2m, tags: Tenant("b")));

        IReadOnlyList<BudgetStatus> statuses = await tracker.GetStatusAsync();

        Assert.Equal([("a", 0m, 100L, 1L), ("b", 0.2m, 200L, 1L)], statuses.Select(status => (status.Key, status.Spent, status.Tokens!.Value, status.Requests!.Value)));
    }

    [Fact]
    public async Task D15_WhatPassesUnpricedWhereTheApplicationLiftedTheLimitLowersTheCoverage()
    {
        var tracker = new CostTracker([Budget.Daily("day", 1m)], SpendRequests.Catalog, _ledger, options => options.LimitProvider = new NoLimit());
        await UseAsync(tracker, SpendRequests.Of(0.3m));
        await UseAsync(tracker, SpendRequests.Of(0.1m) with { ModelId = "who knows" });

        BudgetStatus status = await tracker.GetStatusAsync("day");

        Assert.Equal((0.3m, 0.75m), (status.Spent, status.Coverage));
    }

    [Fact]
    public async Task TagsThatWereRedactedAlikeHaveALimitEach()
    {
        CostTracker tracker = TrackerOf(Budget.Daily("key", 1m).PerTag("tenant"));
        string[] keys = ["sk-proj-abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGH", "sk-proj-zbcdefghijklmnopqrstuvwxyz0123456789ABCDEFGH"];
        foreach (string key in keys)
        {
            await UseAsync(tracker, SpendRequests.Of(1m, tags: Tenant(key)));
        }

        IReadOnlyList<BudgetStatus> statuses = await tracker.GetStatusAsync();

        Assert.Equal([1m, 1m], statuses.Select(status => status.Spent));
        Assert.All(statuses, status => Assert.StartsWith("[REDACTED]-", status.Key, StringComparison.Ordinal));
        Assert.Equal(1m, (await tracker.GetStatusAsync("key", statuses[0].Key)).Spent);
    }

    [Fact]
    public async Task ATagWithoutAValueCountsAsNone()
    {
        CostTracker tracker = TrackerOf(Budget.Daily("tenant", 1m).PerTag("tenant"));
        await UseAsync(tracker, SpendRequests.Of(0.1m, tags: Tenant(null!)));
        await UseAsync(tracker, SpendRequests.Of(0.2m));

        Assert.Equal(("", 0.3m), Assert.Single(await tracker.GetStatusAsync()) is var status ? (status.Key, status.Spent) : default);
    }

    private static Dictionary<string, string> Tenant(string name) => new() { ["tenant"] = name };

    private static async Task UseAsync(CostTracker tracker, SpendRequest request)
    {
        SpendReservation reservation = await tracker.ReserveAsync(request);
        Assert.Null(reservation.Refusal);
        await tracker.SettleAsync(reservation, new SpendSettlement { Usage = new BillableUsage { InputTokens = request.Estimate.InputTokens } });
    }

    private CostTracker TrackerOf(Budget budget) => new([budget], SpendRequests.Catalog, _ledger);

    private sealed class NoLimit : IBudgetLimitProvider
    {
        public ValueTask<decimal?> GetLimitAsync(Budget budget, string key, CancellationToken cancellationToken = default) => new((decimal?)null);
    }
}
