using System.Collections.Concurrent;

namespace MeaiBudget.Tests;

/// <summary>A ledger in memory that knows what each call holds and has been charged in the budget "day" at every moment.</summary>
internal sealed class BillingLedger : ISpendLedger
{
    private readonly InMemorySpendLedger _inner = new();
    private readonly ConcurrentDictionary<LedgerReservationId, (string Call, int Line, long Amount)> _open = new();
    private readonly ConcurrentDictionary<LedgerReservationId, byte> _settled = new();
    private readonly ConcurrentDictionary<string, long> _paid = new();

    /// <summary>What was wrong.</summary>
    public ConcurrentQueue<string> Violations { get; } = [];

    public string Name => _inner.Name;

    public bool KeepsRecords => true;

    public TimeProvider Clock => _inner.Clock;

    public bool IsEmpty => _open.IsEmpty;

    /// <summary>What a call holds and has been charged, in nano-dollars.</summary>
    public long PaidBy(int call) => _paid.GetValueOrDefault(call.ToString(System.Globalization.CultureInfo.InvariantCulture));

    public async ValueTask<LedgerReservationResult> ReserveAsync(LedgerReservation reservation, CancellationToken cancellationToken = default)
    {
        LedgerReservationResult result = await _inner.ReserveAsync(reservation, cancellationToken);
        if (result.IsAdmitted)
        {
            string call = reservation.Info?.Tags?.GetValueOrDefault("call") ?? "";
            int line = reservation.Lines.ToList().FindIndex(one => one.Account.StartsWith("day/usd/", StringComparison.Ordinal));
            long amount = line < 0 ? 0 : reservation.Lines[line].Amount;
            if (!_open.TryAdd(reservation.Id, (call, line, amount)))
            {
                Violations.Enqueue($"{reservation.Id} was reserved twice");
            }

            _paid.AddOrUpdate(call, amount, (_, paid) => paid + amount);
        }

        return result;
    }

    public ValueTask<LedgerSettlementResult> SettleAsync(LedgerSettlement settlement, CancellationToken cancellationToken = default)
    {
        Close(settlement.Id, settlement);
        return _inner.SettleAsync(settlement, cancellationToken);
    }

    public ValueTask<bool> ReleaseAsync(LedgerReservationId id, CancellationToken cancellationToken = default)
    {
        Close(id);
        return _inner.ReleaseAsync(id, cancellationToken);
    }

    public ValueTask<bool> RenewAsync(LedgerReservationId id, TimeSpan lease, CancellationToken cancellationToken = default) =>
        _inner.RenewAsync(id, lease, cancellationToken);

    public ValueTask<IReadOnlyList<LedgerLineState>> ReadAsync(IReadOnlyList<LedgerAccountQuery> accounts, CancellationToken cancellationToken = default) =>
        _inner.ReadAsync(accounts, cancellationToken);

    public ValueTask<IReadOnlyList<string>> ListAccountsAsync(string prefix, CancellationToken cancellationToken = default) =>
        _inner.ListAccountsAsync(prefix, cancellationToken);

    public ValueTask<bool> GrantAsync(LedgerGrant grant, CancellationToken cancellationToken = default) => _inner.GrantAsync(grant, cancellationToken);

    public ValueTask<LedgerSettlementResult> AdjustAsync(LedgerAdjustment adjustment, CancellationToken cancellationToken = default) =>
        _inner.AdjustAsync(adjustment, cancellationToken);

    public Task WaitForChangeAsync(string account, CancellationToken cancellationToken) => _inner.WaitForChangeAsync(account, cancellationToken);

    private void Close(LedgerReservationId id, LedgerSettlement? settlement = null)
    {
        if (_open.TryRemove(id, out (string Call, int Line, long Amount) one))
        {
            long charged = one.Line < 0 ? 0 : settlement?.Amounts[one.Line] ?? 0;
            _paid.AddOrUpdate(one.Call, 0, (_, paid) => paid - one.Amount + charged);
            if (settlement is not null)
            {
                _settled[id] = 0;
            }
        }
        else if (settlement is not null || _settled.ContainsKey(id))
        {
            // A reservation whose request was cancelled is released although it may never have been made: that is no fault.
            Violations.Enqueue($"{id} was {(settlement is null ? "released" : "settled")} that was not open");
        }
    }
}
