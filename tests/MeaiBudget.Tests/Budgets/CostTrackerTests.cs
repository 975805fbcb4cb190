using Microsoft.Extensions.Time.Testing;

namespace MeaiBudget.Tests;

public sealed class CostTrackerTests
{
    private static readonly DateTimeOffset Noon = new(2026, 3, 10, 12, 0, 0, TimeSpan.Zero);
    private readonly FakeTimeProvider _clock = new(Noon);

    [Fact]
    public async Task ReserveAndSettle_ChargesWhatWasUsed()
    {
        CostTracker tracker = TrackerOf(Budget.Daily("day", 1m));

        SpendReservation reservation = await tracker.ReserveAsync(SpendRequests.Of(0.4m));
        Assert.True(reservation.IsAdmitted);
        Assert.Equal(0.4m, (await tracker.GetStatusAsync("day")).Held);

        Cost cost = await tracker.SettleAsync(reservation, SpendRequests.Used(0.3m));
        Assert.Equal(0.3m, cost.Amount);

        BudgetStatus status = await tracker.GetStatusAsync("day");
        Assert.Equal(0.3m, status.Spent);
        Assert.Equal(0m, status.Held);
        Assert.Equal(0.7m, status.Remaining);
        Assert.Equal(new DateTimeOffset(2026, 3, 11, 0, 0, 0, TimeSpan.Zero), status.ResetsAt);
    }

    [Fact]
    public async Task A1_ParallelCallsNeverOvershootTheRunBudget()
    {
        using BudgetRun run = BudgetRun.Begin("run", 1m, TrackerOf(Budget.Daily("day", 100m)));
        using var barrier = new Barrier(4);
        int admitted = 0;
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
        {
            barrier.SignalAndWait();
            for (int i = 0; i < 25; i++)
            {
                if ((await run.Gate.ReserveAsync(SpendRequests.Of(0.1m), default)).IsAdmitted)
                {
                    Interlocked.Increment(ref admitted);
                }
            }
        })));
        Assert.Equal(10, admitted);
        Assert.Equal(1m, run.Held);
    }

    private CostTracker TrackerOf(params Budget[] budgets) =>
        new(budgets, SpendRequests.Catalog, new InMemorySpendLedger(_clock));
}
