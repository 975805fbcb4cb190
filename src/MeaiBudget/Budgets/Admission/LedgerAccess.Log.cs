using Microsoft.Extensions.Logging;

namespace MeaiBudget;

/// <content>Log messages.</content>
internal sealed partial class LedgerAccess
{
    /// <summary>Logs that an operation failed twice.</summary>
    public void LogFailure(Exception exception)
    {
        // That the store is away was logged when it was found.
        if (exception is not LedgerAwayException && _logger.IsEnabled(LogLevel.Error))
        {
            LogLedgerUnavailable(Ledger.Name, LoggedException.Describe(exception));
        }
    }

    private void LogKept(LedgerReservationId id, Exception exception)
    {
        if (exception is not LedgerAwayException && _logger.IsEnabled(LogLevel.Warning))
        {
            LogSettlementKept(Ledger.Name, id.CallId, id.Attempt, LoggedException.Describe(exception));
        }
    }

    private void LogOutboxFailure(Exception exception)
    {
        if (_logger.IsEnabled(LogLevel.Warning))
        {
            LogOutboxWaits(Ledger.Name, LoggedException.Describe(exception));
        }
    }

    [LoggerMessage(EventId = 400, Level = LogLevel.Error, Message = "The ledger '{Ledger}' failed: {Failure}")]
    private partial void LogLedgerUnavailable(string ledger, string failure);

    [LoggerMessage(EventId = 401, Level = LogLevel.Warning, Message = "The ledger '{Ledger}' failed to settle or release call {CallId}, attempt {Attempt}. The operation is kept in the outbox and sent again: {Failure}")]
    private partial void LogSettlementKept(string ledger, Guid callId, int attempt, string failure);

    [LoggerMessage(EventId = 402, Level = LogLevel.Warning, Message = "The ledger '{Ledger}' still fails. Its outbox is sent again later: {Failure}")]
    private partial void LogOutboxWaits(string ledger, string failure);

    [LoggerMessage(EventId = 404, Level = LogLevel.Warning, Message = "The ledger '{Ledger}' did not know the reservation of call {CallId}, attempt {Attempt}, when it was settled: it had forgotten, lost or released it. {Outcome}")]
    private partial void LogUnknownSettlement(string ledger, Guid callId, int attempt, string outcome);

    [LoggerMessage(EventId = 405, Level = LogLevel.Error, Message = "The ledger '{Ledger}' is away. Until it answers, budgets decide by their LedgerFailureBehavior, and settlements are kept. It is probed every second: {Failure}")]
    private partial void LogLedgerAway(string ledger, string failure);

    [LoggerMessage(EventId = 406, Level = LogLevel.Information, Message = "The ledger '{Ledger}' answers again.")]
    private partial void LogLedgerBack(string ledger);

    [LoggerMessage(EventId = 403, Level = LogLevel.Critical, Message = "The outbox of ledger '{Ledger}' is full ({Capacity:N0} entries); the settlement or release of call {CallId}, attempt {Attempt}, was dropped. If the ledger has its reservation, the end of the lease charges it in full.")]
    private partial void LogOutboxDropped(string ledger, int capacity, Guid callId, int attempt);
}
