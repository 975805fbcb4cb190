namespace MeaiBudget.Tests;

/// <summary>A ledger whose history has sums without budgets and keys, and no single calls, as one on Redis.</summary>
internal sealed class SumsOnlyLedger(InMemorySpendLedger inner) : ISpendLedger, ISpendHistory
{
    public event Action<LedgerLeaseExpiry>? LeaseExpired
    {
        add => inner.LeaseExpired += value;
        remove => inner.LeaseExpired -= value;
    }

    public string Name => "sums";

    public TimeProvider Clock => inner.Clock;

    public ValueTask<IReadOnlyList<SpendRecord>> QueryAsync(SpendQuery query, CancellationToken cancellationToken = default) =>
        query.GroupBy.Concat(query.Where.Keys).Any(name => name is "budget" or "key") ? throw new NotSupportedException("no budgets") : inner.QueryAsync(query, cancellationToken);

    public ValueTask<IReadOnlyList<SpendRecord>> ReadCallsAsync(SpendQuery query, CancellationToken cancellationToken = default) => throw new NotSupportedException("no calls");

    public ValueTask WriteAsync(IReadOnlyList<SpendRecord> records, CancellationToken cancellationToken = default) => inner.WriteAsync(records, cancellationToken);

    public ValueTask<LedgerReservationResult> ReserveAsync(LedgerReservation reservation, CancellationToken cancellationToken = default) => inner.ReserveAsync(reservation, cancellationToken);

    public ValueTask<LedgerSettlementResult> SettleAsync(LedgerSettlement settlement, CancellationToken cancellationToken = default) => inner.SettleAsync(settlement, cancellationToken);

    public ValueTask<bool> ReleaseAsync(LedgerReservationId id, CancellationToken cancellationToken = default) => inner.ReleaseAsync(id, cancellationToken);

    public ValueTask<bool> RenewAsync(LedgerReservationId id, TimeSpan lease, CancellationToken cancellationToken = default) => inner.RenewAsync(id, lease, cancellationToken);

    public ValueTask<IReadOnlyList<LedgerLineState>> ReadAsync(IReadOnlyList<LedgerAccountQuery> accounts, CancellationToken cancellationToken = default) => inner.ReadAsync(accounts, cancellationToken);

    public ValueTask<IReadOnlyList<string>> ListAccountsAsync(string prefix, CancellationToken cancellationToken = default) => inner.ListAccountsAsync(prefix, cancellationToken);

    public ValueTask<bool> GrantAsync(LedgerGrant grant, CancellationToken cancellationToken = default) => inner.GrantAsync(grant, cancellationToken);

    public ValueTask<LedgerSettlementResult> AdjustAsync(LedgerAdjustment adjustment, CancellationToken cancellationToken = default) => inner.AdjustAsync(adjustment, cancellationToken);

    public Task WaitForChangeAsync(string account, CancellationToken cancellationToken) => inner.WaitForChangeAsync(account, cancellationToken);
}
