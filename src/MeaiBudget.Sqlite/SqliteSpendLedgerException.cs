using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace MeaiBudget;

/// <summary>A ledger file could not be opened or written.</summary>
public sealed class SqliteSpendLedgerException : SpendLedgerException
{
    /// <summary>Makes the exception.</summary>
    /// <param name="path">The file.</param>
    /// <param name="problem">What is wrong with it.</param>
    /// <param name="message">What happened and what to do.</param>
    /// <param name="innerException">The store's own exception.</param>
    public SqliteSpendLedgerException(string path, SqliteLedgerProblem problem, string message, Exception? innerException = null)
        : base(path, message, innerException)
    {
        Path = path;
        Problem = problem;
    }

    /// <summary>Gets the file's path.</summary>
    public string Path { get; }

    /// <summary>Gets what is wrong with the file.</summary>
    public SqliteLedgerProblem Problem { get; }

    internal static SpendLedgerException From(string path, Exception exception) => exception switch
    {
        SpendLedgerException already => already,
        SqliteException sqlite => Make(path, sqlite.SqliteErrorCode, exception),
        _ => new SqliteSpendLedgerException(path, SqliteLedgerProblem.Other, $"The ledger file '{path}' could not be used: {exception.Message}", exception),
    };

    internal static SqliteSpendLedgerException Make(string path, int code, Exception? innerException)
    {
        var (problem, message) = (code & 0xFF) switch
        {
            raw.SQLITE_NOTADB => (SqliteLedgerProblem.NotADatabase, "is no SQLite database. Name another file, or move this one away; nothing in it was changed."),
            raw.SQLITE_READONLY => (SqliteLedgerProblem.ReadOnly, "cannot be written. Give the process write access to the file and its folder (SQLite keeps a -wal and a -shm file beside it)."),
            raw.SQLITE_FULL => (SqliteLedgerProblem.DiskFull, "cannot grow: the disk is full. Free some space; what was committed before is safe, and the operation can be repeated."),
            raw.SQLITE_CORRUPT => (SqliteLedgerProblem.Damaged, "is damaged. Stop every process that uses it, keep a copy with its -wal file, and recover it with `sqlite3 FILE .recover`."),
            raw.SQLITE_BUSY or raw.SQLITE_LOCKED => (SqliteLedgerProblem.Busy, "is held by another process for longer than the busy timeout. Look for a process that keeps a transaction open; the operation can be repeated."),
            raw.SQLITE_CANTOPEN or raw.SQLITE_PERM or raw.SQLITE_AUTH => (SqliteLedgerProblem.CannotOpen, "cannot be opened. The folder must exist and the process must have access to it."),
            _ => (SqliteLedgerProblem.Other, $"could not be used (SQLite error {code}). The inner exception says more; whether the operation was applied is unknown, and it can be repeated."),
        };
        return new SqliteSpendLedgerException(path, problem, $"The ledger file '{path}' {message}", innerException);
    }
}
