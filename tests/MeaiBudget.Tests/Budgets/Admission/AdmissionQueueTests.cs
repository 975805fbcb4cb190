namespace MeaiBudget.Tests;

public sealed class AdmissionQueueTests
{
    private readonly InMemorySpendLedger _ledger = new(new ManualClock(new DateTimeOffset(2026, 3, 10, 12, 0, 0, TimeSpan.Zero)));

    [Fact]
    public async Task ANewcomerDoesNotOvertakeAWaiter()
    {
        ISpendGate gate = TrackerOf("day");
        SpendReservation open = await ReserveAsync(gate, 0.9m);
        SpendRequest first = SpendRequests.Of(0.95m);
        SpendRefusal refusal = (await gate.ReserveAsync(first, default)).Refusal!;
        Task waiting = gate.WaitAsync(refusal, first.CallId, default);
        Assert.False(waiting.IsCompleted);

        // It would fit, but then the one that came first would not, when the open reservation has ended.
        SpendRequest small = SpendRequests.Of(0.1m);
        SpendRefusal behind = (await gate.ReserveAsync(small, default)).Refusal!;
        Assert.Equal(RefusalReason.Held, behind.Reason);
        Task second = gate.WaitAsync(behind, small.CallId, default);

        await gate.ReleaseAsync(open);
        await waiting;
        Assert.False(second.IsCompleted);
        SpendReservation admitted = await gate.ReserveAsync(first, default);
        Assert.True(admitted.IsAdmitted);
        gate.StopWaiting(first.CallId);
        await second;
        await gate.SettleAsync(admitted, SpendRequests.Used(0.5m));
        Assert.True((await gate.ReserveAsync(small, default)).IsAdmitted);
        gate.StopWaiting(small.CallId);
    }

    [Fact]
    public async Task N11_SmallRequestsPassALargeOneThatWaitsAndLeaveWhatItWants()
    {
        ISpendGate gate = TrackerOf("day");
        SpendReservation open = await ReserveAsync(gate, 0.5m);
        SpendRequest large = SpendRequests.Of(0.7m);
        Task waiting = gate.WaitAsync((await gate.ReserveAsync(large, default)).Refusal!, large.CallId, default);
        int passed = 0;
        for (int i = 0; i < 50; i++)
        {
            SpendRequest small = SpendRequests.Of(0.01m);
            SpendReservation reservation = await gate.ReserveAsync(small, default);
            passed += reservation.IsAdmitted ? 1 : 0;
            Assert.True(reservation.IsAdmitted || reservation.Refusal!.Reason == RefusalReason.Held);
        }

        // The limit is 1. What is left beside the large request is 0.3.
        Assert.Equal(30, passed);
        Assert.False(waiting.IsCompleted);
        await gate.ReleaseAsync(open);
        await waiting;
        Assert.True((await gate.ReserveAsync(large, default)).IsAdmitted);
        gate.StopWaiting(large.CallId);
    }

    [Fact]
    public async Task AChangeBetweenTheRefusalAndTheWaitIsNotMissed()
    {
        ISpendGate gate = TrackerOf("day");
        SpendReservation open = await ReserveAsync(gate, 0.9m);
        SpendRequest late = SpendRequests.Of(0.5m);
        SpendRefusal refusal = (await gate.ReserveAsync(late, default)).Refusal!;
        await gate.ReleaseAsync(open);
        await gate.WaitAsync(refusal, late.CallId, default);
        Assert.True((await gate.ReserveAsync(late, default)).IsAdmitted);
        gate.StopWaiting(late.CallId);
    }

    [Fact]
    public async Task AWaiterThatGivesUpLetsTheNextOneThrough()
    {
        ISpendGate gate = TrackerOf("day");
        await ReserveAsync(gate, 0.5m);
        SpendRequest large = SpendRequests.Of(0.9m);
        using var patience = new CancellationTokenSource();
        Task waiting = gate.WaitAsync((await gate.ReserveAsync(large, default)).Refusal!, large.CallId, patience.Token);
        SpendRequest small = SpendRequests.Of(0.2m);
        Task second = gate.WaitAsync((await gate.ReserveAsync(small, default)).Refusal!, small.CallId, default);
        Assert.False(second.IsCompleted);

        await patience.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        gate.StopWaiting(large.CallId);
        await second;
        Assert.True((await gate.ReserveAsync(small, default)).IsAdmitted);
        gate.StopWaiting(small.CallId);
    }

    [Fact]
    public async Task TwoBudgetsTakenInOppositeOrdersDoNotBlockEachOther()
    {
        // Each call waits for the account that the other waits for too, in the other order.
        ISpendGate a = TrackerOf("a");
        ISpendGate b = TrackerOf("b");
        SpendReservation openA = await ReserveAsync(a, 0.9m);
        SpendReservation openB = await ReserveAsync(b, 0.9m);
        SpendRequest one = SpendRequests.Of(0.9m);
        SpendRequest other = SpendRequests.Of(0.9m);
        Task oneAtA = a.WaitAsync((await a.ReserveAsync(one, default)).Refusal!, one.CallId, default);
        Task otherAtB = b.WaitAsync((await b.ReserveAsync(other, default)).Refusal!, other.CallId, default);
        await a.ReleaseAsync(openA);
        await b.ReleaseAsync(openB);
        await oneAtA;
        await otherAtB;

        // The call that came first passes in both queues, although the other one is in the second queue already.
        SpendReservation first = await a.ReserveAsync(one, default);
        Assert.True(first.IsAdmitted);
        SpendReservation second = await b.ReserveAsync(one, default);
        if (!second.IsAdmitted)
        {
            await a.ReleaseAsync(first);
            await b.WaitAsync(second.Refusal!, one.CallId, default);
            Assert.True((await a.ReserveAsync(one, default)).IsAdmitted);
            Assert.True((await b.ReserveAsync(one, default)).IsAdmitted);
        }

        a.StopWaiting(one.CallId);
        b.StopWaiting(one.CallId);
        a.StopWaiting(other.CallId);
    }

    [Fact]
    public async Task ManyCallersThatWaitAllComeThroughAndLeaveNothing()
    {
        // 5 dollars, 50 callers that each hold one dollar for a moment and use a cent: all succeed.
        var ledger = new InMemorySpendLedger();
        var tracker = new CostTracker([Budget.Daily("day", 5m)], SpendRequests.Catalog, ledger);
        ISpendGate gate = tracker;
        await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => Task.Run(async () =>
        {
            SpendRequest request = SpendRequests.Of(1m);
            SpendReservation reservation;
            while (!(reservation = await gate.ReserveAsync(request, default)).IsAdmitted)
            {
                Assert.Equal(RefusalReason.Held, reservation.Refusal!.Reason);
                await gate.WaitAsync(reservation.Refusal, request.CallId, default);
            }

            gate.StopWaiting(request.CallId);
            await Task.Yield();
            await gate.SettleAsync(reservation, SpendRequests.Used(0.01m));
        }))).WaitAsync(TimeSpan.FromSeconds(60));
        Assert.Equal(0.5m, (await tracker.GetStatusAsync("day")).Spent);
        Assert.Equal(0, ledger.OpenCount);
    }

    private static async Task<SpendReservation> ReserveAsync(ISpendGate gate, decimal dollars)
    {
        SpendReservation reservation = await gate.ReserveAsync(SpendRequests.Of(dollars), default);
        Assert.True(reservation.IsAdmitted);
        return reservation;
    }

    private CostTracker TrackerOf(string budget) => new([Budget.Daily(budget, 1m)], SpendRequests.Catalog, _ledger);
}
