namespace MeaiBudget;

/// <summary>The reason why an operation of a PostgreSQL ledger failed.</summary>
public enum PostgreSqlLedgerProblem
{
    /// <summary>The server did not answer in time, is starting or stopping, or there is no connection. The operation may have been applied.</summary>
    Unavailable,

    /// <summary>The server rejects the user or the password, or the user lacks a permission.</summary>
    AccessDenied,

    /// <summary>The database has no ledger of this version, and the ledger may not create or update it.</summary>
    NotMigrated,

    /// <summary>The ledger was written by a newer version of this package that this version cannot work with.</summary>
    NewerSchema,

    /// <summary>The server is older than PostgreSQL 13.</summary>
    OldServer,

    /// <summary>The server is read-only: a standby, or a primary that was demoted.</summary>
    ReadOnly,

    /// <summary>The disk of the server is full.</summary>
    DiskFull,

    /// <summary>The ledger was disposed.</summary>
    Closed,

    /// <summary>The server rejected the operation for another reason; see the inner exception.</summary>
    Refused,
}
