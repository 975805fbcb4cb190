using Microsoft.Extensions.Time.Testing;

namespace MeaiBudget.Tests;

public sealed class LedgerCircuitTests
{
    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 3, 14, 15, 9, 26, TimeSpan.Zero));

    [Theory]
    [InlineData(LedgerFailureBehavior.Deny)]
    [InlineData(LedgerFailureBehavior.Allow)]
    public async Task N4_WhileTheStoreIsAwayNoCallIsSentToIt(LedgerFailureBehavior behavior)
    {
        var ledger = new AwayLedger(new InMemorySpendLedger(_clock)) { IsAway = true };
        CostTracker tracker = TrackerOn(ledger, behavior);
        await tracker.ReserveAsync(SpendRequests.Of(0.1m));
        int sent = ledger.Sent;
        for (int i = 0; i < 100; i++)
        {
            SpendReservation reservation = await tracker.ReserveAsync(SpendRequests.Of(0.1m));
            Assert.Equal(behavior == LedgerFailureBehavior.Allow, reservation.IsAdmitted);
            if (reservation.IsAdmitted)
            {
                await tracker.SettleAsync(reservation, SpendRequests.Used(0.05m));
            }
        }

        // Neither do reads, grants and adjustments wait for it.
        await Assert.ThrowsAnyAsync<SpendLedgerException>(async () => await tracker.GetStatusAsync());
        await Assert.ThrowsAnyAsync<SpendLedgerException>(async () => await tracker.GrantAsync("day", "", 1m, _clock.GetUtcNow().AddDays(1), "test"));
        await Assert.ThrowsAnyAsync<SpendLedgerException>(async () => await tracker.AdjustAsync(Guid.NewGuid(), 1, 1m, "test"));
        Assert.Equal(sent, ledger.Sent);

        // The refused attempts were never sent, so there is nothing to release but the first.
        Assert.Equal(behavior == LedgerFailureBehavior.Allow ? 100 : 1, tracker.PendingSettlements);
    }

    [Fact]
    public async Task N4_TheStoreIsProbedEverySecondAndHeardOfWhenItIsBack()
    {
        var memory = new InMemorySpendLedger(_clock);
        var ledger = new AwayLedger(memory) { IsAway = true };
        CostTracker tracker = TrackerOn(ledger, LedgerFailureBehavior.Allow);
        SpendReservation reservation = await tracker.ReserveAsync(SpendRequests.Of(0.1m));
        await tracker.SettleAsync(reservation, SpendRequests.Used(0.05m));
        ledger.IsAway = false;
        while (!(await tracker.ReserveAsync(SpendRequests.Of(0.2m))).IsEnforced)
        {
            _clock.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        while (tracker.PendingSettlements > 0)
        {
            _clock.Advance(TimeSpan.FromSeconds(5));
            await Task.Yield();
        }

        Assert.Equal(0.05m, (await tracker.GetStatusAsync("day")).Spent);
    }

    [Fact]
    public async Task N4_AFailureThatWaitedForTheStoreIsNotRepeated()
    {
        // An operation that took the store's whole time-out: repeated, the call would wait for it twice.
        var ledger = new AwayLedger(new InMemorySpendLedger(_clock)) { IsAway = true, Takes = LedgerCircuit.Soon };
        CostTracker tracker = TrackerOn(ledger, LedgerFailureBehavior.Deny);
        await tracker.ReserveAsync(SpendRequests.Of(0.1m));
        Assert.Equal(1, ledger.Reservations);
    }

    [Fact]
    public async Task N4_OneFailureOfAStoreThatAnswersChangesNothing()
    {
        var ledger = new AwayLedger(new InMemorySpendLedger(_clock)) { FailuresLeft = 1 };
        CostTracker tracker = TrackerOn(ledger, LedgerFailureBehavior.Deny);
        Assert.True((await tracker.ReserveAsync(SpendRequests.Of(0.1m))).IsAdmitted);
        ledger.FailuresLeft = 2;
        Assert.Equal(RefusalReason.LedgerUnavailable, (await tracker.ReserveAsync(SpendRequests.Of(0.1m))).Refusal!.Reason);
        Assert.True((await tracker.ReserveAsync(SpendRequests.Of(0.1m))).IsAdmitted);
    }

    [Fact]
    public async Task N4_TrackersAndRunsOfOneLedgerShareWhatOneOfThemFound()
    {
        var ledger = new AwayLedger(new InMemorySpendLedger(_clock)) { IsAway = true };
        CostTracker first = TrackerOn(ledger, LedgerFailureBehavior.Deny);
        CostTracker second = TrackerOn(ledger, LedgerFailureBehavior.Deny);
        await first.ReserveAsync(SpendRequests.Of(0.1m));
        int sent = ledger.Sent;
        Assert.False((await second.ReserveAsync(SpendRequests.Of(0.1m))).IsAdmitted);
        using var run = BudgetRun.Begin("task", 1m, second);
        Assert.False((await run.Gate.ReserveAsync(SpendRequests.Of(0.1m), default)).IsAdmitted);
        Assert.Equal(sent, ledger.Sent);
    }

    [Fact]
    public async Task N6_AKeptSettlementThatMayHaveBeenForgottenIsNotChargedAgain()
    {
        var memory = new InMemorySpendLedger(_clock);
        var ledger = new AwayLedger(memory);
        var observer = new RecordingObserver();
        CostTracker tracker = TrackerOn(ledger, LedgerFailureBehavior.Deny, observer);
        SpendReservation reservation = await tracker.ReserveAsync(SpendRequests.Of(0.1m));

        // The settlement is applied, but its answer is lost, and the store answers again only after it has forgotten the reservation.
        await memory.SettleAsync(new LedgerSettlement { Id = ((LedgeredReservation)reservation).Entry.Id, Amounts = [.. ((LedgeredReservation)reservation).Lines.Select(_ => 50_000_000L)] });
        ledger.IsAway = true;
        await tracker.SettleAsync(reservation, SpendRequests.Used(0.05m));
        var forgetful = new InMemorySpendLedger(_clock) { RememberedReservations = 0 };
        ledger.Inner = forgetful;
        ledger.IsAway = false;
        _clock.Advance(TimeSpan.FromHours(2));
        while (tracker.PendingSettlements > 0)
        {
            await tracker.SendOutboxAsync();
        }

        Assert.Empty(await forgetful.ListAccountsAsync(""));
        Assert.Equal(0.05m, Assert.Single(observer.Of(BudgetEventKind.UnknownSettlement)).Amount);
    }

    private static CostTracker TrackerOn(ISpendLedger ledger, LedgerFailureBehavior behavior, ICallObserver? observer = null) => new(
        [Budget.Daily("day", 100m) with { LedgerFailureBehavior = behavior }],
        SpendRequests.Catalog,
        ledger,
        options =>
        {
            if (observer is not null)
            {
                options.Observers.Add(observer);
            }
        });

    /// <summary>A ledger whose store is away as long as the test says.</summary>
    private sealed class AwayLedger(ISpendLedger inner) : ISpendLedger
    {
        public ISpendLedger Inner { get; set; } = inner;

        public bool IsAway { get; set; }

        public int FailuresLeft { get; set; }

        /// <summary>How long a failing operation takes, in real time, as the circuit measures it.</summary>
        public TimeSpan Takes { get; set; }

        /// <summary>The operations that were sent, without probes.</summary>
        public int Sent { get; private set; }

        public int Reservations { get; private set; }

        public string Name => "away";

        public TimeProvider Clock => Inner.Clock;

        public ValueTask<LedgerReservationResult> ReserveAsync(LedgerReservation reservation, CancellationToken cancellationToken = default)
        {
            Reservations++;
            return PassAsync(ledger => ledger.ReserveAsync(reservation, cancellationToken));
        }

        public ValueTask<LedgerSettlementResult> SettleAsync(LedgerSettlement settlement, CancellationToken cancellationToken = default) =>
            PassAsync(ledger => ledger.SettleAsync(settlement, cancellationToken));

        public ValueTask<bool> ReleaseAsync(LedgerReservationId id, CancellationToken cancellationToken = default) =>
            PassAsync(ledger => ledger.ReleaseAsync(id, cancellationToken));

        public ValueTask<bool> RenewAsync(LedgerReservationId id, TimeSpan lease, CancellationToken cancellationToken = default) =>
            PassAsync(ledger => ledger.RenewAsync(id, lease, cancellationToken));

        public ValueTask<IReadOnlyList<LedgerLineState>> ReadAsync(IReadOnlyList<LedgerAccountQuery> accounts, CancellationToken cancellationToken = default) =>
            PassAsync(ledger => ledger.ReadAsync(accounts, cancellationToken), isProbe: accounts is [{ Account: "meaibudget/probe" }]);

        public ValueTask<IReadOnlyList<string>> ListAccountsAsync(string prefix, CancellationToken cancellationToken = default) =>
            PassAsync(ledger => ledger.ListAccountsAsync(prefix, cancellationToken));

        public ValueTask<bool> GrantAsync(LedgerGrant grant, CancellationToken cancellationToken = default) =>
            PassAsync(ledger => ledger.GrantAsync(grant, cancellationToken));

        public ValueTask<LedgerSettlementResult> AdjustAsync(LedgerAdjustment adjustment, CancellationToken cancellationToken = default) =>
            PassAsync(ledger => ledger.AdjustAsync(adjustment, cancellationToken));

        public Task WaitForChangeAsync(string account, CancellationToken cancellationToken) => Inner.WaitForChangeAsync(account, cancellationToken);

        private async ValueTask<T> PassAsync<T>(Func<ISpendLedger, ValueTask<T>> operation, bool isProbe = false)
        {
            Sent += isProbe ? 0 : 1;
            if (IsAway || FailuresLeft > 0)
            {
                FailuresLeft--;
                if (Takes > TimeSpan.Zero)
                {
                    long started = TimeProvider.System.GetTimestamp();
                    SpinWait.SpinUntil(() => TimeProvider.System.GetElapsedTime(started) > Takes);
                }

                throw new SpendLedgerException(Name, "The store is away.");
            }

            return await operation(Inner);
        }
    }
}
