using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace MeaiBudget;

/// <summary>Access to a ledger that may fail: a failed operation is repeated once; a settlement or release that still fails is kept and sent again.</summary>
internal sealed partial class LedgerAccess
{
    private const int OutboxCapacity = 100_000;

    private readonly ILogger _logger;

    public LedgerAccess(ISpendLedger ledger, ILogger? logger = null)
    {
        Ledger = ledger;
        _logger = logger ?? NullLogger.Instance;
        Outbox = new LedgerOutbox(ledger, OutboxCapacity, LogOutboxFailure, id => LogOutboxDropped(ledger.Name, OutboxCapacity, id.CallId, id.Attempt));
    }

    public ISpendLedger Ledger { get; }

    /// <summary>Gets the settlements and releases that wait for the ledger.</summary>
    public LedgerOutbox Outbox { get; }

    /// <summary>Reserves; throws if the ledger failed twice.</summary>
    public ValueTask<LedgerReservationResult> ReserveAsync(LedgerReservation reservation, CancellationToken cancellationToken) => TwiceAsync(
        (Reservation: reservation, Token: cancellationToken),
        static (ledger, asked) => ledger.ReserveAsync(asked.Reservation, asked.Token));

    /// <summary>Settles now, or keeps the settlement. Returns a result that was not applied if it was kept.</summary>
    public ValueTask<LedgerSettlementResult> SettleAsync(LedgerSettlement settlement)
    {
        ValueTask<LedgerSettlementResult> settling;
        try
        {
            settling = TwiceAsync(settlement, static (ledger, settlement) => ledger.SettleAsync(settlement));
        }
        catch (Exception exception)
        {
            return new(KeepSettlement(settlement, exception));
        }

        if (!settling.IsCompletedSuccessfully)
        {
            return EndSettlementAsync(settling, settlement);
        }

        SendKept();
        return settling;
    }

    private async ValueTask<LedgerSettlementResult> EndSettlementAsync(ValueTask<LedgerSettlementResult> settling, LedgerSettlement settlement)
    {
        LedgerSettlementResult result;
        try
        {
            result = await settling;
        }
        catch (Exception exception)
        {
            return KeepSettlement(settlement, exception);
        }

        SendKept();
        return result;
    }

    private LedgerSettlementResult KeepSettlement(LedgerSettlement settlement, Exception exception)
    {
        LogKept(settlement.Id, exception);
        Outbox.Settle(null, settlement);
        return new LedgerSettlementResult(false, [], []);
    }

    /// <summary>The ledger works, so what was kept is sent again.</summary>
    private void SendKept()
    {
        if (Outbox.Count > 0)
        {
            _ = Outbox.SendAsync();
        }
    }

    /// <summary>Keeps a settlement whose reservation the ledger may not have, and sends both in the background.</summary>
    public void SettleLater(LedgerReservation reservation, LedgerSettlement settlement)
    {
        Outbox.Settle(reservation, settlement);
        _ = Outbox.SendAsync();
    }

    /// <summary>Releases now, or keeps the release.</summary>
    public async ValueTask ReleaseAsync(LedgerReservationId id)
    {
        try
        {
            await TwiceAsync(id, static (ledger, id) => ledger.ReleaseAsync(id));
        }
        catch (Exception exception)
        {
            LogKept(id, exception);
            Outbox.Release(id);
        }
    }

    /// <summary>Keeps the release of a reservation that the ledger may not have, and sends it in the background.</summary>
    public void ReleaseLater(LedgerReservationId id)
    {
        Outbox.Release(id);
        _ = Outbox.SendAsync();
    }

    private ValueTask<TResult> TwiceAsync<TState, TResult>(TState state, Func<ISpendLedger, TState, ValueTask<TResult>> operation)
    {
        ValueTask<TResult> first;
        try
        {
            first = operation(Ledger, state);
        }
        catch (SpendLedgerException exception)
        {
            first = ValueTask.FromException<TResult>(exception);
        }

        return first.IsCompletedSuccessfully ? first : RepeatAsync(first, state, operation);
    }

    private async ValueTask<TResult> RepeatAsync<TState, TResult>(
        ValueTask<TResult> first, TState state, Func<ISpendLedger, TState, ValueTask<TResult>> operation)
    {
        try
        {
            return await first;
        }
        catch (SpendLedgerException)
        {
            // The ledger may have applied the operation. Operations are idempotent, so it is safe to repeat it.
            return await operation(Ledger, state);
        }
    }
}
