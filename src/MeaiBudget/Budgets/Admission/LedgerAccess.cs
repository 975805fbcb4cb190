using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace MeaiBudget;

/// <summary>Access to a ledger that may fail: a settlement or release that failed is kept and sent again.</summary>
/// <remarks>While the store is away nothing is sent to it but the outbox, in the background.</remarks>
internal sealed partial class LedgerAccess
{
    private const int OutboxCapacity = 100_000;

    private readonly LedgerCircuit? _circuit;
    private readonly BudgetEvents _events;
    private readonly ILogger _logger;

    public LedgerAccess(ISpendLedger ledger, BudgetEvents events, ILogger? logger = null, ISpendHistory? history = null)
    {
        History = history is null || ReferenceEquals(history, ledger) ? null : new WrittenHistory(history, ledger, logger);
        Records = (History is null && ledger.KeepsRecords ? ledger as ISpendHistory : null) is { } own ? HistoryQueue.Of(own, ledger.Clock, logger) : History?.Queue;
        Ledger = GuardedLedger.Of(ledger);
        _circuit = (Ledger as GuardedLedger)?.Circuit ?? (Ledger as LeasedSpendLedger)?.Circuit;
        _events = events;
        _logger = logger ?? NullLogger.Instance;
        Outbox = new LedgerOutbox(ledger, OutboxCapacity)
        {
            Failed = LogOutboxFailure,
            Dropped = id => LogOutboxDropped(ledger.Name, OutboxCapacity, id.CallId, id.Attempt),
            Answered = () => (Ledger as GuardedLedger)?.Circuit.Succeeded(),
            Settled = Report,
        };
        if (logger is not null && _circuit is not null)
        {
            _circuit.Changed += OnCircuitChanged;
        }
    }

    /// <summary>Gets the ledger, guarded against a store that is away.</summary>
    public ISpendLedger Ledger { get; }

    /// <summary>Gets the history that the application gave; <see langword="null"/> if there is none beside the ledger.</summary>
    public WrittenHistory? History { get; }

    /// <summary>Gets what writes what is in no reservation of the ledger: refusals and late settlements. <see langword="null"/> if there is no history.</summary>
    public HistoryQueue? Records { get; }

    /// <summary>Gets a value indicating whether attempts are described to the ledger.</summary>
    public bool DescribesAttempts => Ledger.KeepsRecords || History is not null;

    /// <summary>Gets the settlements and releases that wait for the ledger.</summary>
    public LedgerOutbox Outbox { get; }

    /// <summary>Reserves; throws if the ledger failed twice.</summary>
    public ValueTask<LedgerReservationResult> ReserveAsync(LedgerReservation reservation, CancellationToken cancellationToken) =>
        Ledger.ReserveAsync(reservation, cancellationToken);

    /// <summary>Settles now, or keeps the settlement. Returns a result that was not applied if it was kept.</summary>
    public ValueTask<LedgerSettlementResult> SettleAsync(LedgerSettlement settlement)
    {
        ValueTask<LedgerSettlementResult> settling;
        try
        {
            settling = Ledger.SettleAsync(settlement);
        }
        catch (Exception exception)
        {
            return new(KeepSettlement(settlement, exception));
        }

        if (!settling.IsCompletedSuccessfully)
        {
            return EndSettlementAsync(settling, settlement);
        }

        Report(settlement, settling.Result);
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

        Report(settlement, result);
        SendKept();
        return result;
    }

    private LedgerSettlementResult KeepSettlement(LedgerSettlement settlement, Exception exception)
    {
        LogKept(settlement.Id, exception);
        Outbox.Settle(settlement, isReserved: true);
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
    public void SettleLater(LedgerSettlement settlement)
    {
        Outbox.Settle(settlement, isReserved: false);
        SendUnlessAway();
    }

    /// <summary>Releases now, or keeps the release.</summary>
    public async ValueTask ReleaseAsync(LedgerReservationId id)
    {
        try
        {
            await Ledger.ReleaseAsync(id);
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
        SendUnlessAway();
    }

    /// <summary>Removes a kept release before the same attempt reserves again.</summary>
    /// <exception cref="LedgerAwayException">The store is away: there is nothing to wait for.</exception>
    public ValueTask WithdrawReleaseAsync(LedgerReservationId id, CancellationToken cancellationToken)
    {
        if (_circuit?.Away is { } away && Outbox.HasRelease(id))
        {
            throw away;
        }

        return Outbox.WithdrawReleaseAsync(id, cancellationToken);
    }

    private void SendUnlessAway()
    {
        if (_circuit?.Away is null)
        {
            _ = Outbox.SendAsync();
        }
    }

    private void OnCircuitChanged(bool isAway, Exception? cause)
    {
        if (isAway)
        {
            LogLedgerAway(Ledger.Name, LoggedException.Describe(cause!));
        }
        else
        {
            LogLedgerBack(Ledger.Name);
            _ = Outbox.SendAsync();
        }
    }

    /// <summary>Writes a settlement to the history, and logs and reports one whose reservation the ledger did not know.</summary>
    private void Report(LedgerSettlement settlement, LedgerSettlementResult result)
    {
        History?.Settled(settlement, result);
        if (result.IsUnknown)
        {
            LogUnknownSettlement(Ledger.Name, settlement.Id.CallId, settlement.Id.Attempt, result.IsApplied ? "It was charged." : "It was not charged, because it may have been charged before.");
            if (!result.IsApplied && History is null)
            {
                // The ledger's own record is gone, or says that the attempt was released.
                Records?.Add(WrittenHistory.RecordOf(settlement) with { Id = settlement.Id with { Owner = settlement.Id.Owner + "#late" } });
            }

            _events.SettledUnknown(settlement, result.IsApplied, Ledger.Clock.GetUtcNow());
        }
    }
}
