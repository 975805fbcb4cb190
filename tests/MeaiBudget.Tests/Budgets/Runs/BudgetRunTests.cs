using System.Text.Json;
using Microsoft.Extensions.AI;

namespace MeaiBudget.Tests;

public sealed class BudgetRunTests
{
    private static readonly SpendRequest Template = SpendRequests.Of(0m) with { Catalog = SpendRequests.Catalog };

    [Fact]
    public async Task A1_ParallelCallsNeverOvershootTheRunBudget()
    {
        using var run = BudgetRun.Begin("run", 1m);
        SpendReservation[] answers = await Task.WhenAll(Enumerable.Range(0, 100).Select(_ =>
            Task.Run(() => run.Gate.ReserveAsync(Of(0.1m), default).AsTask())));
        Assert.Equal(10, answers.Count(answer => answer.IsAdmitted));
        Assert.Equal((1m, 0m, 0m), (run.Held, run.Spent, run.Remaining));
    }

    [Fact]
    public async Task AnInnerRunTakesFromTheOuterAtTheSameTime()
    {
        using var outer = BudgetRun.Begin("outer", 1m);
        using var inner = BudgetRun.Begin("inner", 0.6m);
        Assert.Same(outer, inner.Parent);

        SpendReservation first = await inner.Gate.ReserveAsync(Of(0.5m), default);
        Assert.Equal((0.5m, 0.5m), (inner.Held, outer.Held));
        Assert.Equal("inner", (await inner.Gate.ReserveAsync(Of(0.2m), default)).Refusal!.Budget);
        Assert.True((await outer.Gate.ReserveAsync(Of(0.45m), default)).IsAdmitted);
        Assert.Equal("outer", (await inner.Gate.ReserveAsync(Of(0.1m), default)).Refusal!.Budget);

        await inner.Gate.SettleAsync(first, SpendRequests.Used(0.2m));
        Assert.Equal((0.2m, 0m, 0.4m), (inner.Spent, inner.Held, inner.Remaining));
        Assert.Equal((0.2m, 0.45m, 0.35m), (outer.Spent, outer.Held, outer.Remaining));
        Assert.Equal(1, outer.SettledAttempts);
        Assert.Equal(0.2m, outer.GetSpentByModel()[SpendRequests.Model]);
    }

    [Fact]
    public async Task AnEndedRunRefusesButWhatIsOpenStillSettles()
    {
        var run = BudgetRun.Begin("run", 1m);
        SpendReservation open = await run.Gate.ReserveAsync(Of(0.5m), default);
        run.Dispose();
        run.Dispose();
        Assert.Equal(RefusalReason.RunEnded, (await run.Gate.ReserveAsync(Of(0.1m), default)).Refusal!.Reason);
        await run.Gate.SettleAsync(open, SpendRequests.Used(0.3m));
        Assert.Equal((0.3m, 0m), (run.Spent, run.Held));
    }

    [Fact]
    public async Task ARunInsideOneThatHasEndedAdmitsNothingMore()
    {
        var outer = BudgetRun.Begin("outer", 1m);
        using var inner = BudgetRun.Begin("inner", 1m);
        SpendReservation open = await inner.Gate.ReserveAsync(Of(0.5m), default);
        outer.Dispose();

        SpendRefusal refusal = (await inner.Gate.ReserveAsync(Of(0.1m), default)).Refusal!;

        Assert.Equal((RefusalReason.RunEnded, "outer"), (refusal.Reason, refusal.Budget));
        await inner.Gate.SettleAsync(open, SpendRequests.Used(0.3m));
        Assert.Equal((0.3m, 0m, 0.3m), (outer.Spent, outer.Held, inner.Spent));
    }

    [Fact]
    public async Task AnUnconfirmedSettlementIsReplacedOnce()
    {
        using var run = BudgetRun.Begin("run", 1m);
        SpendReservation reservation = await run.Gate.ReserveAsync(Of(0.5m), default);
        await run.Gate.SettleAsync(reservation, SpendRequests.Used(0.4m, isUnconfirmed: true));
        await run.Gate.SettleAsync(reservation, SpendRequests.Used(0.45m));
        await run.Gate.SettleAsync(reservation, SpendRequests.Used(0.1m));
        await run.Gate.ReleaseAsync(reservation);
        Assert.Equal((0.45m, 0m, 1L), (run.Spent, run.Held, run.SettledAttempts));
    }

    [Fact]
    public void TheNearestRunThatHasNotEndedIsCurrent()
    {
        Assert.Null(BudgetRun.Current);
        var outer = BudgetRun.Begin("outer");
        var middle = BudgetRun.Begin("middle");
        var inner = BudgetRun.Begin("inner");
        Assert.Same(inner, BudgetRun.Current);
        middle.Dispose();
        Assert.Same(inner, BudgetRun.Current);
        inner.Dispose();
        Assert.Same(outer, BudgetRun.Current);
        outer.Dispose();
        Assert.Null(BudgetRun.Current);
    }

    [Fact]
    public async Task ARunFlowsIntoTasksAndNotOutOfThem()
    {
        using var run = BudgetRun.Begin("run");
        await Task.Run(() =>
        {
            Assert.Same(run, BudgetRun.Current);
            BudgetRun.Begin("inside");
        });
        Assert.Same(run, BudgetRun.Current);
    }

    [Fact]
    public async Task A10_TheSameDenialOnWhateverWayTheRunIsFound()
    {
        using var run = BudgetRun.Begin("run", 0.1m);
        Assert.Same(run.Gate, CallRun.Of(null));
        ChatOptions options = new ChatOptions().WithBudgetRun(run);
        Task<(ISpendGate? Flowing, ISpendGate? Carried)> elsewhere;
        using (ExecutionContext.SuppressFlow())
        {
            elsewhere = Task.Run(() => (CallRun.Of(null), CallRun.Of(options)));
        }

        (ISpendGate? flowing, ISpendGate? carried) = await elsewhere;
        Assert.Null(flowing);
        Assert.Same(run.Gate, carried);
        Assert.False((await carried!.ReserveAsync(Of(0.2m), default)).IsAdmitted);
    }

    [Fact]
    public void OptionsThatCarryARunSerialiseAsThoughTheyDidNot()
    {
        using var run = BudgetRun.Begin("run");
        var plain = new ChatOptions { ModelId = "m", MaxOutputTokens = 7, StopSequences = ["x"], AdditionalProperties = new() { ["tenant"] = "acme" } };
        ChatOptions carrying = plain.WithBudgetRun(run);
        Assert.NotSame(plain, carrying);
        Assert.Same(run.Gate, CarriedBy(carrying));
        Assert.Same(run.Gate, CarriedBy(carrying.Clone()));
        Assert.Same(run.Gate, CarriedBy(carrying.Clone().Clone()));
        Assert.Null(CarriedBy(plain));
        Assert.Equal(JsonSerializer.Serialize(plain, AIJsonUtilities.DefaultOptions), JsonSerializer.Serialize(carrying, AIJsonUtilities.DefaultOptions));
        Assert.Equal(
            JsonSerializer.Serialize<object>(plain, AIJsonUtilities.DefaultOptions), JsonSerializer.Serialize<object>(carrying, AIJsonUtilities.DefaultOptions));
    }

    [Fact]
    public async Task ARunIsKeptInItsTrackersLedgerAndForgottenWithIt()
    {
        var clock = new ManualClock(new DateTimeOffset(2026, 3, 10, 12, 0, 0, TimeSpan.Zero));
        var ledger = new InMemorySpendLedger(clock);
        var tracker = new CostTracker([Budget.Daily("day", 100m)], SpendRequests.Catalog, ledger);
        for (int i = 0; i < 100; i++)
        {
            using var run = BudgetRun.Begin("run", 1m, tracker);
            using var inner = BudgetRun.Begin("inner", 1m);
            SpendReservation reservation = await inner.Gate.ReserveAsync(SpendRequests.Of(0.5m), default);
            Assert.True(reservation.IsAdmitted);
            await inner.Gate.SettleAsync(reservation, SpendRequests.Used(0.5m));
        }

        for (int i = 0; i < 100; i++)
        {
            await tracker.GetStatusAsync("day");
        }

        Assert.Equal(0, ledger.AccountCount);
        Assert.Equal(0, ledger.OpenCount);
    }

    [Fact]
    public void ANegativeLimitIsRefused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => BudgetRun.Begin("run", -1m));
        Assert.Throws<ArgumentException>(() => BudgetRun.Begin(""));
        Assert.Null(BudgetRun.Current);
    }

    private static ISpendGate? CarriedBy(ChatOptions options) => (options as CallChatOptions)?.Run;

    private static SpendRequest Of(decimal dollars) => SpendRequests.Of(dollars) with { Catalog = Template.Catalog };
}
