using System.Runtime.CompilerServices;

namespace MeaiBudget;

/// <summary>A ledger behind a <see cref="LedgerCircuit"/>: while its store is away, every operation fails at once with <see cref="LedgerAwayException"/>.</summary>
/// <remarks>
/// A reservation, settlement or release that fails at once is repeated once. One that waited for the store before it failed is not, so
/// that a call waits for the store's time-out once at most.
/// </remarks>
internal sealed class GuardedLedger : ISpendLedger
{
    /// <summary>One guard for each ledger, so that all trackers and runs know what one of them found.</summary>
    private static readonly ConditionalWeakTable<ISpendLedger, GuardedLedger> Guards = [];

    private readonly ISpendLedger _ledger;

    private GuardedLedger(ISpendLedger ledger)
    {
        _ledger = ledger;
        Circuit = new LedgerCircuit(ledger);
    }

    public event Action<LedgerLeaseExpiry>? LeaseExpired
    {
        add => _ledger.LeaseExpired += value;
        remove => _ledger.LeaseExpired -= value;
    }

    public LedgerCircuit Circuit { get; }

    public string Name => _ledger.Name;

    public bool KeepsRecords => _ledger.KeepsRecords;

    public TimeProvider Clock => _ledger.Clock;

    public bool SupportsExchange => _ledger.SupportsExchange;

    /// <summary>Returns the guarded ledger; a ledger in memory is never away, and a leased one guards what it leases from: both are returned themselves.</summary>
    public static ISpendLedger Of(ISpendLedger ledger) =>
        ledger is InMemorySpendLedger or LeasedSpendLedger or GuardedLedger ? ledger : Guards.GetValue(ledger, static unguarded => new GuardedLedger(unguarded));

    public ValueTask<LedgerReservationResult> ReserveAsync(LedgerReservation reservation, CancellationToken cancellationToken = default) =>
        RunAsync(reservation, static (ledger, asked, token) => ledger.ReserveAsync(asked, token), cancellationToken, isChange: true);

    public ValueTask<LedgerSettlementResult> SettleAsync(LedgerSettlement settlement, CancellationToken cancellationToken = default) =>
        RunAsync(settlement, static (ledger, asked, token) => ledger.SettleAsync(asked, token), cancellationToken, isChange: true);

    public ValueTask<bool> ReleaseAsync(LedgerReservationId id, CancellationToken cancellationToken = default) =>
        RunAsync(id, static (ledger, asked, token) => ledger.ReleaseAsync(asked, token), cancellationToken, isChange: true);

    public ValueTask<bool> RenewAsync(LedgerReservationId id, TimeSpan lease, CancellationToken cancellationToken = default) =>
        RunAsync((id, lease), static (ledger, asked, token) => ledger.RenewAsync(asked.id, asked.lease, token), cancellationToken);

    public ValueTask<IReadOnlyList<LedgerLineState>> ReadAsync(IReadOnlyList<LedgerAccountQuery> accounts, CancellationToken cancellationToken = default) =>
        RunAsync(accounts, static (ledger, asked, token) => ledger.ReadAsync(asked, token), cancellationToken);

    public ValueTask<LedgerCharge?> FindAsync(LedgerReservationId id, CancellationToken cancellationToken = default) =>
        RunAsync(id, static (ledger, asked, token) => ledger.FindAsync(asked, token), cancellationToken);

    public ValueTask<IReadOnlyList<LedgerReservationId>> FindAllAsync(Guid callId, int attempt, CancellationToken cancellationToken = default) =>
        RunAsync((callId, attempt), static (ledger, asked, token) => ledger.FindAllAsync(asked.callId, asked.attempt, token), cancellationToken);

    public ValueTask<IReadOnlyList<string>> ListAccountsAsync(string prefix, CancellationToken cancellationToken = default) =>
        RunAsync(prefix, static (ledger, asked, token) => ledger.ListAccountsAsync(asked, token), cancellationToken);

    public ValueTask<IReadOnlyList<KeyValuePair<string, LedgerLineState>>> ReadPageAsync(
        LedgerAccountQuery accounts,
        string contains,
        bool isByCharged,
        KeyValuePair<string, LedgerLineState>? after,
        int count,
        CancellationToken cancellationToken = default) => RunAsync(
            (accounts, contains, isByCharged, after, count),
            static (ledger, asked, token) => ledger.ReadPageAsync(asked.accounts, asked.contains, asked.isByCharged, asked.after, asked.count, token),
            cancellationToken);

    public ValueTask<(long Version, IReadOnlyDictionary<string, string> Settings)> ReadSettingsAsync(CancellationToken cancellationToken = default) =>
        RunAsync(0, static (ledger, _, token) => ledger.ReadSettingsAsync(token), cancellationToken);

    public ValueTask<long> WriteSettingAsync(string name, string? value, CancellationToken cancellationToken = default) =>
        RunAsync((name, value), static (ledger, asked, token) => ledger.WriteSettingAsync(asked.name, asked.value, token), cancellationToken);

    public ValueTask<bool> GrantAsync(LedgerGrant grant, CancellationToken cancellationToken = default) =>
        RunAsync(grant, static (ledger, asked, token) => ledger.GrantAsync(asked, token), cancellationToken);

    public ValueTask<LedgerSettlementResult> AdjustAsync(LedgerAdjustment adjustment, CancellationToken cancellationToken = default) =>
        RunAsync(adjustment, static (ledger, asked, token) => ledger.AdjustAsync(asked, token), cancellationToken);

    public ValueTask<(long SettingsVersion, IReadOnlyList<LedgerReservationResult> Slices)> ExchangeAsync(
        long sequence, IReadOnlyList<LedgerSettlement> slices, CancellationToken cancellationToken = default) =>
        RunAsync((sequence, slices), static (ledger, asked, token) => ledger.ExchangeAsync(asked.sequence, asked.slices, token), cancellationToken, isChange: true);

    public Task WaitForChangeAsync(string account, CancellationToken cancellationToken) => _ledger.WaitForChangeAsync(account, cancellationToken);

    private ValueTask<TResult> RunAsync<TState, TResult>(
        TState state,
        Func<ISpendLedger, TState, CancellationToken, ValueTask<TResult>> operation,
        CancellationToken cancellationToken,
        bool isChange = false)
    {
        if (Circuit.Away is { } away)
        {
            return ValueTask.FromException<TResult>(away);
        }

        long started = TimeProvider.System.GetTimestamp();
        ValueTask<TResult> running = Start(state, operation, cancellationToken);
        return running.IsCompletedSuccessfully ? running : WatchAsync(running, started, state, operation, isChange, cancellationToken);
    }

    private ValueTask<TResult> Start<TState, TResult>(
        TState state, Func<ISpendLedger, TState, CancellationToken, ValueTask<TResult>> operation, CancellationToken cancellationToken)
    {
        try
        {
            return operation(_ledger, state, cancellationToken);
        }
        catch (Exception exception)
        {
            return ValueTask.FromException<TResult>(exception);
        }
    }

    private async ValueTask<TResult> WatchAsync<TState, TResult>(
        ValueTask<TResult> running,
        long started,
        TState state,
        Func<ISpendLedger, TState, CancellationToken, ValueTask<TResult>> operation,
        bool isChange,
        CancellationToken cancellationToken)
    {
        bool repeats = isChange;
        while (true)
        {
            try
            {
                return await running;
            }
            catch (Exception exception) when (exception is not (ArgumentException or NotSupportedException))
            {
                TimeSpan time = TimeProvider.System.GetElapsedTime(started);
                if (exception is OperationCanceledException && cancellationToken.IsCancellationRequested)
                {
                    if (time >= LedgerCircuit.Soon)
                    {
                        // The caller gave up before the store's time-out. A probe finds out whether the store is away.
                        Circuit.Failed(exception, TimeSpan.Zero);
                    }

                    throw;
                }

                // The store is known to work as long as it reserves and settles: another operation that fails at once does not count.
                if (time >= LedgerCircuit.Soon || (isChange && (!repeats || exception is not SpendLedgerException)))
                {
                    Circuit.Failed(exception, time);
                }

                if (time >= LedgerCircuit.Soon || !repeats || exception is not SpendLedgerException)
                {
                    throw;
                }
            }

            // The ledger may have applied the operation. Operations are idempotent, so it is safe to repeat it.
            repeats = false;
            running = Start(state, operation, cancellationToken);
        }
    }
}
