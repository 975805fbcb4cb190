using System.Collections.Concurrent;

namespace MeaiBudget.Tests;

/// <summary>An in-memory ledger that counts its calls, so that a test can check that every admission was settled or released once.</summary>
internal sealed class CountingLedger(ISpendLedger inner) : ISpendLedger
{
    private readonly ConcurrentDictionary<LedgerReservationId, string> _states = new();
    private int _admitted;
    private int _settled;
    private int _released;
    private int _refused;

    public string Name => inner.Name;

    public TimeProvider Clock => inner.Clock;

    public int Admitted => _admitted;

    public int Settled => _settled;

    public int Released => _released;

    public int Refused => _refused;

    public int Open => _states.Count(state => state.Value == "open");

    public long SettledNanoDollars { get; private set; }

    /// <summary>Gets or sets how long a reservation takes; it is made in the middle of the time.</summary>
    public TimeSpan Delay { get; set; }

    /// <summary>Gets or sets a value indicating whether reservations fail, as if the ledger could not be reached.</summary>
    public bool FailsReservations { get; set; }

    public async ValueTask<LedgerReservationResult> ReserveAsync(LedgerReservation reservation, CancellationToken cancellationToken = default)
    {
        if (FailsReservations)
        {
            throw new SpendLedgerException(Name, "The ledger cannot be reached.");
        }

        TimeSpan half = Delay / 2;
        if (half > TimeSpan.Zero)
        {
            await Task.Delay(half, TimeProvider.System, cancellationToken);
        }

        LedgerReservationResult result = await inner.ReserveAsync(reservation, cancellationToken);
        if (half > TimeSpan.Zero)
        {
            await Task.Delay(half, TimeProvider.System, CancellationToken.None);
        }

        if (result.IsAdmitted)
        {
            Interlocked.Increment(ref _admitted);
            Assert.True(_states.TryAdd(reservation.Id, "open"), "an attempt was admitted twice");
        }
        else
        {
            Interlocked.Increment(ref _refused);
        }

        return result;
    }

    public async ValueTask<LedgerSettlementResult> SettleAsync(LedgerSettlement settlement, CancellationToken cancellationToken = default)
    {
        LedgerSettlementResult result = await inner.SettleAsync(settlement, cancellationToken);
        Assert.True(_states.TryUpdate(settlement.Id, "settled", "open"), "an attempt was settled that was not open");
        Interlocked.Increment(ref _settled);
        SettledNanoDollars += settlement.Amounts.Count > 0 ? settlement.Amounts[0] : 0;
        return result;
    }

    public async ValueTask<bool> ReleaseAsync(LedgerReservationId id, CancellationToken cancellationToken = default)
    {
        bool released = await inner.ReleaseAsync(id, cancellationToken);
        if (_states.TryUpdate(id, "released", "open"))
        {
            _states.TryRemove(id, out _);
            Interlocked.Increment(ref _released);
        }

        return released;
    }

    public ValueTask<bool> RenewAsync(LedgerReservationId id, TimeSpan lease, CancellationToken cancellationToken = default) =>
        inner.RenewAsync(id, lease, cancellationToken);

    public ValueTask<IReadOnlyList<LedgerLineState>> ReadAsync(IReadOnlyList<LedgerAccountQuery> accounts, CancellationToken cancellationToken = default) =>
        inner.ReadAsync(accounts, cancellationToken);

    public ValueTask<IReadOnlyList<string>> ListAccountsAsync(string prefix, CancellationToken cancellationToken = default) =>
        inner.ListAccountsAsync(prefix, cancellationToken);

    public ValueTask<bool> GrantAsync(LedgerGrant grant, CancellationToken cancellationToken = default) => inner.GrantAsync(grant, cancellationToken);

    public ValueTask<LedgerSettlementResult> AdjustAsync(LedgerAdjustment adjustment, CancellationToken cancellationToken = default) =>
        inner.AdjustAsync(adjustment, cancellationToken);

    public Task WaitForChangeAsync(string account, CancellationToken cancellationToken) => inner.WaitForChangeAsync(account, cancellationToken);
}
