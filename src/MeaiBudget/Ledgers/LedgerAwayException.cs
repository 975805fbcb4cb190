namespace MeaiBudget;

/// <summary>Thrown instead of an operation while the store of a ledger is away. The operation was not sent, so it was not applied.</summary>
internal sealed class LedgerAwayException(string ledger, Exception cause) : SpendLedgerException(
    ledger, $"The ledger '{ledger}' is away, so the operation was not sent. It is probed every second. The first failure is the inner exception.", cause);
