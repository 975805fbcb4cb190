namespace MeaiBudget.Tests;

/// <summary>Trackers on a ledger in memory, with a clock that tests set and an observer that remembers events.</summary>
public abstract class CostTrackerScene
{
    private protected CostTrackerScene() => Ledger = new InMemorySpendLedger(Clock);

    private protected ManualClock Clock { get; } = new(new DateTimeOffset(2026, 3, 10, 12, 0, 0, TimeSpan.Zero));

    private protected RecordingObserver Observer { get; } = new();

    private protected InMemorySpendLedger Ledger { get; }

    private protected CostTracker TrackerOf(params Budget[] budgets) => TrackerOn(Ledger, budgets);

    private protected CostTracker TrackerOn(ISpendLedger ledger, params Budget[] budgets) =>
        new(budgets, SpendRequests.Catalog, ledger, options => options.Observers.Add(Observer));

    private protected static async Task SpendAsync(CostTracker tracker, SpendRequest request, decimal used)
    {
        SpendReservation reservation = await tracker.ReserveAsync(request);
        Assert.True(reservation.IsAdmitted, reservation.Refusal?.ToString());
        await tracker.SettleAsync(reservation, SpendRequests.Used(used));
    }
}
