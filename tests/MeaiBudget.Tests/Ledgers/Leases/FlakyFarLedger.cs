namespace MeaiBudget.Tests;

/// <summary>A far ledger that counts its operations, and fails while it is away.</summary>
internal sealed class FlakyFarLedger(InMemorySpendLedger ledger) : ISpendLedger
{
    public bool IsAway { get; set; }

    /// <summary>Gets or sets a value indicating whether reservations are applied, and fail all the same.</summary>
    public bool LosesAnswers { get; set; }

    /// <summary>Gets or sets a value indicating whether exchanges alone fail.</summary>
    public bool FailsExchanges { get; set; }

    public long Operations { get; private set; }

    public string Name => ledger.Name;

    public TimeProvider Clock => ledger.Clock;

    public bool SupportsExchange => true;

    public async ValueTask<LedgerReservationResult> ReserveAsync(LedgerReservation reservation, CancellationToken cancellationToken = default)
    {
        LedgerReservationResult result = await Ask().ReserveAsync(reservation, cancellationToken);
        return LosesAnswers ? throw new SpendLedgerException(Name, "The answer is lost.") : result;
    }

    public ValueTask<LedgerSettlementResult> SettleAsync(LedgerSettlement settlement, CancellationToken cancellationToken = default) => Ask().SettleAsync(settlement, cancellationToken);

    public ValueTask<bool> ReleaseAsync(LedgerReservationId id, CancellationToken cancellationToken = default) => Ask().ReleaseAsync(id, cancellationToken);

    public ValueTask<bool> RenewAsync(LedgerReservationId id, TimeSpan lease, CancellationToken cancellationToken = default) => Ask().RenewAsync(id, lease, cancellationToken);

    public ValueTask<IReadOnlyList<LedgerLineState>> ReadAsync(IReadOnlyList<LedgerAccountQuery> accounts, CancellationToken cancellationToken = default) => Ask().ReadAsync(accounts, cancellationToken);

    public ValueTask<LedgerCharge?> FindAsync(LedgerReservationId id, CancellationToken cancellationToken = default) => Ask().FindAsync(id, cancellationToken);

    public ValueTask<IReadOnlyList<string>> ListAccountsAsync(string prefix, CancellationToken cancellationToken = default) => Ask().ListAccountsAsync(prefix, cancellationToken);

    public ValueTask<bool> GrantAsync(LedgerGrant grant, CancellationToken cancellationToken = default) => Ask().GrantAsync(grant, cancellationToken);

    public ValueTask<LedgerSettlementResult> AdjustAsync(LedgerAdjustment adjustment, CancellationToken cancellationToken = default) => Ask().AdjustAsync(adjustment, cancellationToken);

    public ValueTask<(long SettingsVersion, IReadOnlyList<LedgerReservationResult> Slices)> ExchangeAsync(
        long sequence, IReadOnlyList<LedgerSettlement> slices, CancellationToken cancellationToken = default) =>
        FailsExchanges ? throw new SpendLedgerException(Name, "The exchange failed.") : Ask().ExchangeAsync(sequence, slices, cancellationToken);

    public Task WaitForChangeAsync(string account, CancellationToken cancellationToken) => ledger.WaitForChangeAsync(account, cancellationToken);

    private InMemorySpendLedger Ask()
    {
        Operations++;
        return IsAway ? throw new SpendLedgerException(Name, "The ledger is away.") : ledger;
    }
}
