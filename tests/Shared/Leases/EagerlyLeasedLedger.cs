namespace MeaiBudget.Simulation;

/// <summary>
/// A leased ledger whose accounts get slices before their first call, as if they were busy, so that tests of ledgers test slices: each
/// reservation is first made and released under another id, and then slices are exchanged.
/// </summary>
internal sealed class EagerlyLeasedLedger(LeasedSpendLedger ledger) : ISpendLedger, IAsyncDisposable
{
    public EagerlyLeasedLedger(ISpendLedger far)
        : this(new LeasedSpendLedger(far, far, new SliceRules
        {
            Clock = far.Clock,
            MostShare = 1,
            CallsForSlice = 1,
            LeastCalls = 1,
            Lease = TimeSpan.FromDays(400),
            Remembered = TimeSpan.FromDays(400),

            // Exchanges begin where the test wants them, and never beside another operation.
            Every = TimeSpan.FromDays(40),
            Spacing = TimeSpan.FromDays(40),
        }))
    {
    }

    public event Action<LedgerLeaseExpiry>? LeaseExpired
    {
        add => ledger.LeaseExpired += value;
        remove => ledger.LeaseExpired -= value;
    }

    public string Name => ledger.Name;

    public bool KeepsRecords => ledger.KeepsRecords;

    public TimeProvider Clock => ledger.Clock;

    /// <summary>Gets how many reservations needed no far ledger.</summary>
    public long HeldInSlices { get; private set; }

    public async ValueTask<LedgerReservationResult> ReserveAsync(LedgerReservation reservation, CancellationToken cancellationToken = default)
    {
        reservation.Validate();
        var id = new LedgerReservationId(Guid.NewGuid(), 1, "before");
        if ((await ledger.ReserveAsync(reservation with { Id = id }, cancellationToken)).IsAdmitted)
        {
            await ledger.ReleaseAsync(id, cancellationToken);
        }

        await ledger.ExchangeSoonAsync();
        ValueTask<LedgerReservationResult> reserving = ledger.ReserveAsync(reservation, cancellationToken);
        bool isHeldInSlices = reserving.IsCompleted;
        LedgerReservationResult result = await reserving;
        HeldInSlices += isHeldInSlices && result.IsAdmitted ? 1 : 0;
        if (result.Lines.Count == 0)
        {
            return result;
        }

        // The states of lines in slices are estimates: other slices of a rolling account have spare money, too.
        IReadOnlyList<LedgerLineState> read = await ledger.ReadAsync(
            [.. reservation.Lines.Select(line => new LedgerAccountQuery(line.Account, line.FirstPeriod, line.Period))], cancellationToken);
        return result with { Lines = [.. read.Select((state, i) => state with { Fits = Fits(reservation.Lines[i], state, result, i) })] };
    }

    private static bool Fits(LedgerLine line, LedgerLineState state, LedgerReservationResult result, int i) =>
        line.Mode == LedgerLineMode.Shadow ? result.Lines[i].Fits : (result.IsAdmitted ? line with { Amount = 0 } : line).FitsIn(state);

    public ValueTask<LedgerSettlementResult> SettleAsync(LedgerSettlement settlement, CancellationToken cancellationToken = default) => ledger.SettleAsync(settlement, cancellationToken);

    public ValueTask<bool> ReleaseAsync(LedgerReservationId id, CancellationToken cancellationToken = default) => ledger.ReleaseAsync(id, cancellationToken);

    public ValueTask<bool> RenewAsync(LedgerReservationId id, TimeSpan lease, CancellationToken cancellationToken = default) => ledger.RenewAsync(id, lease, cancellationToken);

    public ValueTask<IReadOnlyList<LedgerLineState>> ReadAsync(IReadOnlyList<LedgerAccountQuery> accounts, CancellationToken cancellationToken = default) => ledger.ReadAsync(accounts, cancellationToken);

    public ValueTask<LedgerCharge?> FindAsync(LedgerReservationId id, CancellationToken cancellationToken = default) => ledger.FindAsync(id, cancellationToken);

    public ValueTask<IReadOnlyList<LedgerReservationId>> FindAllAsync(Guid callId, int attempt, CancellationToken cancellationToken = default) => ledger.FindAllAsync(callId, attempt, cancellationToken);

    public ValueTask<IReadOnlyList<string>> ListAccountsAsync(string prefix, CancellationToken cancellationToken = default) => ledger.ListAccountsAsync(prefix, cancellationToken);

    public ValueTask<(long Version, IReadOnlyDictionary<string, string> Settings)> ReadSettingsAsync(CancellationToken cancellationToken = default) => ledger.ReadSettingsAsync(cancellationToken);

    public ValueTask<long> WriteSettingAsync(string name, string? value, CancellationToken cancellationToken = default) => ledger.WriteSettingAsync(name, value, cancellationToken);

    public ValueTask<bool> GrantAsync(LedgerGrant grant, CancellationToken cancellationToken = default) => ledger.GrantAsync(grant, cancellationToken);

    public ValueTask<LedgerSettlementResult> AdjustAsync(LedgerAdjustment adjustment, CancellationToken cancellationToken = default) => ledger.AdjustAsync(adjustment, cancellationToken);

    public Task WaitForChangeAsync(string account, CancellationToken cancellationToken) => ledger.WaitForChangeAsync(account, cancellationToken);

    public ValueTask DisposeAsync() => ledger.DisposeAsync();
}
