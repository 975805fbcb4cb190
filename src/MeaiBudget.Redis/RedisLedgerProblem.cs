namespace MeaiBudget;

/// <summary>The reason why an operation of a Redis ledger failed.</summary>
public enum RedisLedgerProblem
{
    /// <summary>The server did not answer in time, or there is no connection. The operation may have been applied.</summary>
    Unavailable,

    /// <summary>The server cannot run scripts.</summary>
    ScriptsDisabled,

    /// <summary>The server rejects the user, the password or a command of the user.</summary>
    AccessDenied,

    /// <summary>The server is out of memory.</summary>
    OutOfMemory,

    /// <summary>The server rejected the operation for another reason; see the inner exception.</summary>
    Refused,

    /// <summary>The server has a version or a setting with which it would lose spend.</summary>
    Misconfigured,
}
