namespace MeaiBudget;

/// <summary>What is wrong with a ledger file.</summary>
public enum SqliteLedgerProblem
{
    /// <summary>The file cannot be opened: the folder is missing, or access is denied.</summary>
    CannotOpen,

    /// <summary>The file is no SQLite database.</summary>
    NotADatabase,

    /// <summary>The file is a SQLite database of something else.</summary>
    NotALedger,

    /// <summary>The file was written by a newer version of this package.</summary>
    NewerSchema,

    /// <summary>The file, or its folder, cannot be written.</summary>
    ReadOnly,

    /// <summary>The disk is full.</summary>
    DiskFull,

    /// <summary>The file is damaged.</summary>
    Damaged,

    /// <summary>Another process holds the file for too long.</summary>
    Busy,

    /// <summary>The ledger was disposed.</summary>
    Closed,

    /// <summary>Something else; the inner exception says what.</summary>
    Other,
}
