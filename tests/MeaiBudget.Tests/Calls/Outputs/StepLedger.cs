namespace MeaiBudget.Tests;

/// <summary>An in-memory ledger that delays, refuses or fails the reservations that are steps, and counts what is renewed and open.</summary>
internal sealed class StepLedger(InMemorySpendLedger inner) : ISpendLedger
{
    private readonly HashSet<LedgerReservationId> _open = [];
    private readonly Lock _lock = new();

    /// <summary>Gets or sets what a step waits for before the ledger applies it; it may throw.</summary>
    public Func<Task>? BeforeStep { get; set; }

    public int Steps { get; private set; }

    public int RenewedSteps { get; private set; }

    public int Open
    {
        get
        {
            lock (_lock)
            {
                return _open.Count;
            }
        }
    }

    public event Action<LedgerLeaseExpiry>? LeaseExpired
    {
        add => inner.LeaseExpired += value;
        remove => inner.LeaseExpired -= value;
    }

    public string Name => "steps";

    public TimeProvider Clock => inner.Clock;

    public async ValueTask<LedgerReservationResult> ReserveAsync(LedgerReservation reservation, CancellationToken cancellationToken = default)
    {
        if (IsStep(reservation.Id))
        {
            Steps++;
            if (BeforeStep is { } before)
            {
                await before();
            }
        }

        LedgerReservationResult result = await inner.ReserveAsync(reservation, cancellationToken);
        if (result.IsAdmitted)
        {
            lock (_lock)
            {
                Assert.True(_open.Add(reservation.Id), "A reservation was made twice.");
            }
        }

        return result;
    }

    public ValueTask<LedgerSettlementResult> SettleAsync(LedgerSettlement settlement, CancellationToken cancellationToken = default)
    {
        lock (_lock)
        {
            Assert.True(_open.Remove(settlement.Id), "A reservation was settled that was not open.");
        }

        return inner.SettleAsync(settlement, cancellationToken);
    }

    public ValueTask<bool> ReleaseAsync(LedgerReservationId id, CancellationToken cancellationToken = default)
    {
        lock (_lock)
        {
            _open.Remove(id);
        }

        return inner.ReleaseAsync(id, cancellationToken);
    }

    public ValueTask<bool> RenewAsync(LedgerReservationId id, TimeSpan lease, CancellationToken cancellationToken = default)
    {
        RenewedSteps += IsStep(id) ? 1 : 0;
        return inner.RenewAsync(id, lease, cancellationToken);
    }

    public ValueTask<IReadOnlyList<LedgerLineState>> ReadAsync(IReadOnlyList<LedgerAccountQuery> accounts, CancellationToken cancellationToken = default) =>
        inner.ReadAsync(accounts, cancellationToken);

    public ValueTask<IReadOnlyList<string>> ListAccountsAsync(string prefix, CancellationToken cancellationToken = default) =>
        inner.ListAccountsAsync(prefix, cancellationToken);

    public ValueTask<bool> GrantAsync(LedgerGrant grant, CancellationToken cancellationToken = default) => inner.GrantAsync(grant, cancellationToken);

    public ValueTask<LedgerSettlementResult> AdjustAsync(LedgerAdjustment adjustment, CancellationToken cancellationToken = default) =>
        inner.AdjustAsync(adjustment, cancellationToken);

    public Task WaitForChangeAsync(string account, CancellationToken cancellationToken) => inner.WaitForChangeAsync(account, cancellationToken);

    private static bool IsStep(LedgerReservationId id) => id.Owner.Contains('#', StringComparison.Ordinal);
}
