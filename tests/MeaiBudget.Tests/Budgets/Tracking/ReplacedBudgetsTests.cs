namespace MeaiBudget.Tests;

/// <summary>Budgets that change while calls are under way.</summary>
public sealed class ReplacedBudgetsTests
{
    private readonly InMemorySpendLedger _ledger = new(new ManualClock(new DateTimeOffset(2026, 3, 10, 12, 0, 0, TimeSpan.Zero)));

    [Fact]
    public async Task WhatWasReservedIsSettledWhereItWasReserved()
    {
        CostTracker tracker = TrackerOf(Budget.Daily("old", 10m));
        SpendReservation reservation = await tracker.ReserveAsync(SpendRequests.Of(3m));

        tracker.Replace([Budget.Daily("new", 1m)]);
        await tracker.SettleAsync(reservation, SpendRequests.Used(2m));

        Assert.Equal(["new"], tracker.Budgets.Select(budget => budget.Name));
        Assert.Equal(0m, (await tracker.GetStatusAsync("new")).Spent);
        await Assert.ThrowsAsync<ArgumentException>(() => tracker.GetStatusAsync("old").AsTask());
        tracker.Replace([Budget.Daily("old", 10m)]);
        BudgetStatus status = await tracker.GetStatusAsync("old");
        Assert.Equal((2m, 0m), (status.Spent, status.Held));
    }

    [Fact]
    public async Task TheLimitInForceIsKeptHoweverOftenItChangesUnderParallelCalls()
    {
        CostTracker tracker = TrackerOf(Budget.Daily("day", 5m));
        using var end = new CancellationTokenSource();
        var changing = Task.Run(() =>
        {
            for (int i = 0; !end.IsCancellationRequested; i++)
            {
                tracker.Replace([Budget.Daily("day", i % 2 == 0 ? 8m : 5m), .. i % 3 == 0 ? [Budget.Daily("other", 100m)] : Array.Empty<Budget>()]);
            }
        });

        int[] admitted = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(async () =>
        {
            int count = 0;
            for (int i = 0; i < 400; i++)
            {
                SpendReservation reservation = await tracker.ReserveAsync(SpendRequests.Of(0.01m));
                if (reservation.IsAdmitted)
                {
                    count++;
                    await tracker.SettleAsync(reservation, SpendRequests.Used(0.01m));
                }
            }

            return count;
        })));
        await end.CancelAsync();
        await changing;

        tracker.Replace([Budget.Daily("day", 5m)]);
        BudgetStatus status = await tracker.GetStatusAsync("day");
        Assert.Equal((0.01m * admitted.Sum(), 0m), (status.Spent, status.Held));
        Assert.InRange(status.Spent, 5m, 8m);
    }

    [Fact]
    public void TwoBudgetsOfOneNameChangeNothing()
    {
        CostTracker tracker = TrackerOf(Budget.Daily("day", 5m));

        Assert.Throws<ArgumentException>(() => tracker.Replace([Budget.Daily("day", 1m), Budget.Monthly("day", 2m)]));

        Assert.Equal(5m, Assert.Single(tracker.Budgets).Limit);
    }

    private CostTracker TrackerOf(params Budget[] budgets) => new(budgets, SpendRequests.Catalog, _ledger, options => options.Name = "one");
}
