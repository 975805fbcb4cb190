namespace MeaiBudget.Tests;

/// <summary>A ledger whose store goes away: before an operation is applied, or after it was, before the answer comes.</summary>
internal sealed class UnreliableLedger(ISpendLedger inner) : ISpendLedger
{
    /// <summary>Gets or sets how many operations fail before they are applied.</summary>
    public int FailBefore { get; set; }

    /// <summary>Gets or sets how many operations fail after they were applied.</summary>
    public int FailAfter { get; set; }

    /// <summary>Gets or sets a value indicating whether accounts cannot be read, while everything else works.</summary>
    public bool FailsReads { get; set; }

    /// <summary>Gets or sets a task that a release waits for before it is applied; <see langword="null"/> for none.</summary>
    public Task? HoldReleases { get; set; }

    public event Action<LedgerLeaseExpiry>? LeaseExpired
    {
        add => inner.LeaseExpired += value;
        remove => inner.LeaseExpired -= value;
    }

    public string Name => "unreliable";

    public TimeProvider Clock => inner.Clock;

    public ValueTask<LedgerReservationResult> ReserveAsync(LedgerReservation reservation, CancellationToken cancellationToken = default) =>
        PassAsync(() => inner.ReserveAsync(reservation, cancellationToken));

    public ValueTask<LedgerSettlementResult> SettleAsync(LedgerSettlement settlement, CancellationToken cancellationToken = default) =>
        PassAsync(() => inner.SettleAsync(settlement, cancellationToken));

    public ValueTask<bool> ReleaseAsync(LedgerReservationId id, CancellationToken cancellationToken = default) =>
        PassAsync(async () =>
        {
            await (HoldReleases ?? Task.CompletedTask);
            return await inner.ReleaseAsync(id, cancellationToken);
        });

    public ValueTask<bool> RenewAsync(LedgerReservationId id, TimeSpan lease, CancellationToken cancellationToken = default) =>
        PassAsync(() => inner.RenewAsync(id, lease, cancellationToken));

    public ValueTask<IReadOnlyList<LedgerLineState>> ReadAsync(IReadOnlyList<LedgerAccountQuery> accounts, CancellationToken cancellationToken = default) =>
        FailsReads ? throw new SpendLedgerException(Name, "The store is away.") : PassAsync(() => inner.ReadAsync(accounts, cancellationToken));

    public ValueTask<LedgerCharge?> FindAsync(LedgerReservationId id, CancellationToken cancellationToken = default) =>
        PassAsync(() => inner.FindAsync(id, cancellationToken));

    public ValueTask<IReadOnlyList<string>> ListAccountsAsync(string prefix, CancellationToken cancellationToken = default) =>
        PassAsync(() => inner.ListAccountsAsync(prefix, cancellationToken));

    public ValueTask<bool> GrantAsync(LedgerGrant grant, CancellationToken cancellationToken = default) =>
        PassAsync(() => inner.GrantAsync(grant, cancellationToken));

    public ValueTask<LedgerSettlementResult> AdjustAsync(LedgerAdjustment adjustment, CancellationToken cancellationToken = default) =>
        PassAsync(() => inner.AdjustAsync(adjustment, cancellationToken));

    public Task WaitForChangeAsync(string account, CancellationToken cancellationToken) => inner.WaitForChangeAsync(account, cancellationToken);

    private async ValueTask<T> PassAsync<T>(Func<ValueTask<T>> operation)
    {
        if (FailBefore > 0)
        {
            FailBefore--;
            throw new SpendLedgerException(Name, "The store is away.");
        }

        T result = await operation();
        if (FailAfter > 0)
        {
            FailAfter--;
            throw new SpendLedgerException(Name, "The answer was lost.", new TimeoutException());
        }

        return result;
    }
}
