namespace MeaiBudget.Tests;

/// <summary>A ledger whose store can be away.</summary>
internal sealed class FaultyLedger(InMemorySpendLedger inner) : ISpendLedger
{
    private volatile bool _isAway;
    private volatile bool _isHanging;

    public bool IsAway
    {
        get => _isAway;
        set => _isAway = value;
    }

    /// <summary>Gets or sets a value indicating whether reads begin and never end.</summary>
    public bool IsHanging
    {
        get => _isHanging;
        set => _isHanging = value;
    }

    public string Name => "faulty";

    public bool KeepsRecords => false;

    public TimeProvider Clock => inner.Clock;

    public ValueTask<LedgerReservationResult> ReserveAsync(LedgerReservation reservation, CancellationToken cancellationToken = default) => Inner.ReserveAsync(reservation, cancellationToken);

    public ValueTask<LedgerSettlementResult> SettleAsync(LedgerSettlement settlement, CancellationToken cancellationToken = default) => Inner.SettleAsync(settlement, cancellationToken);

    public ValueTask<bool> ReleaseAsync(LedgerReservationId id, CancellationToken cancellationToken = default) => Inner.ReleaseAsync(id, cancellationToken);

    public ValueTask<bool> RenewAsync(LedgerReservationId id, TimeSpan lease, CancellationToken cancellationToken = default) => Inner.RenewAsync(id, lease, cancellationToken);

    public ValueTask<IReadOnlyList<LedgerLineState>> ReadAsync(IReadOnlyList<LedgerAccountQuery> accounts, CancellationToken cancellationToken = default) => _isHanging ? NeverAsync<IReadOnlyList<LedgerLineState>>() : Inner.ReadAsync(accounts, cancellationToken);

    public ValueTask<IReadOnlyList<string>> ListAccountsAsync(string prefix, CancellationToken cancellationToken = default) => Inner.ListAccountsAsync(prefix, cancellationToken);

    public ValueTask<(long Version, IReadOnlyDictionary<string, string> Settings)> ReadSettingsAsync(CancellationToken cancellationToken = default) => _isHanging ? NeverAsync<(long, IReadOnlyDictionary<string, string>)>() : Inner.ReadSettingsAsync(cancellationToken);

    public ValueTask<long> WriteSettingAsync(string name, string? value, CancellationToken cancellationToken = default) => Inner.WriteSettingAsync(name, value, cancellationToken);

    public ValueTask<bool> GrantAsync(LedgerGrant grant, CancellationToken cancellationToken = default) => Inner.GrantAsync(grant, cancellationToken);

    public ValueTask<LedgerSettlementResult> AdjustAsync(LedgerAdjustment adjustment, CancellationToken cancellationToken = default) => Inner.AdjustAsync(adjustment, cancellationToken);

    public Task WaitForChangeAsync(string account, CancellationToken cancellationToken) => inner.WaitForChangeAsync(account, cancellationToken);

    private static ValueTask<TResult> NeverAsync<TResult>() => new(new TaskCompletionSource<TResult>().Task);

    private InMemorySpendLedger Inner => _isAway ? throw new SpendLedgerException(Name, "The store does not answer.") : inner;
}
