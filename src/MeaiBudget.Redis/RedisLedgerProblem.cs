namespace MeaiBudget;

/// <summary>Why a Redis ledger could not carry out an operation.</summary>
public enum RedisLedgerProblem
{
    /// <summary>The server did not answer in time, or there is no connection; whether the operation was applied is unknown.</summary>
    Unavailable,

    /// <summary>The server cannot run scripts.</summary>
    ScriptsDisabled,

    /// <summary>The server refuses the connection's user.</summary>
    AccessDenied,

    /// <summary>The server takes no more data.</summary>
    OutOfMemory,

    /// <summary>The server refused the operation for another reason; the inner exception says which.</summary>
    Refused,
}
