using Microsoft.Extensions.Logging;

namespace MeaiBudget;

/// <content>What is logged.</content>
internal sealed partial class BudgetAdmission
{
    private void WhenLedgerUnavailable(Exception exception)
    {
        if (_logger.IsEnabled(LogLevel.Error))
        {
            LogLedgerUnavailable(_ledger.Name, LoggedException.Describe(exception));
        }
    }

    private void WhenSettlementKept(Exception exception, LedgerReservationId id)
    {
        if (_logger.IsEnabled(LogLevel.Warning))
        {
            LogSettlementKept(_ledger.Name, id.CallId, id.Attempt, LoggedException.Describe(exception));
        }
    }

    private void WhenOutboxWaits(Exception exception)
    {
        if (_logger.IsEnabled(LogLevel.Warning))
        {
            LogOutboxWaits(_ledger.Name, LoggedException.Describe(exception));
        }
    }

    [LoggerMessage(EventId = 400, Level = LogLevel.Error, Message = "The ledger '{Ledger}' could not be asked: {Failure}")]
    private partial void LogLedgerUnavailable(string ledger, string failure);

    [LoggerMessage(EventId = 401, Level = LogLevel.Warning, Message = "The ledger '{Ledger}' could not be told how call {CallId}, attempt {Attempt}, ended; this is kept and told again: {Failure}")]
    private partial void LogSettlementKept(string ledger, Guid callId, int attempt, string failure);

    [LoggerMessage(EventId = 402, Level = LogLevel.Warning, Message = "The ledger '{Ledger}' still cannot be told what is kept for it: {Failure}")]
    private partial void LogOutboxWaits(string ledger, string failure);

    [LoggerMessage(EventId = 403, Level = LogLevel.Critical, Message = "Too much is kept for the ledger '{Ledger}': how call {CallId}, attempt {Attempt}, ended is lost to it.")]
    private partial void LogOutboxDropped(string ledger, Guid callId, int attempt);
}
