namespace MeaiBudget;

/// <summary>The reason why a ledger file cannot be used.</summary>
public enum SqliteLedgerProblem
{
    /// <summary>The file cannot be opened, for example because its folder does not exist or access is denied.</summary>
    CannotOpen,

    /// <summary>The file is not a SQLite database.</summary>
    NotADatabase,

    /// <summary>The file is a SQLite database of another application.</summary>
    NotALedger,

    /// <summary>The file was written by a newer version of this package.</summary>
    NewerSchema,

    /// <summary>The file or its folder is read-only.</summary>
    ReadOnly,

    /// <summary>The disk is full.</summary>
    DiskFull,

    /// <summary>The file is damaged.</summary>
    Damaged,

    /// <summary>Another process locked the file for longer than the busy timeout.</summary>
    Busy,

    /// <summary>The ledger was disposed.</summary>
    Closed,

    /// <summary>Another reason; see the inner exception.</summary>
    Other,

    /// <summary>The file was deleted, moved or replaced while it was open.</summary>
    Replaced,
}
