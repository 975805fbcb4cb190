using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace MeaiBudget;

/// <summary>Thrown if a ledger file cannot be opened, read or written.</summary>
public sealed class SqliteSpendLedgerException : SpendLedgerException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="path">The path of the file.</param>
    /// <param name="problem">The reason.</param>
    /// <param name="message">The message: what happened and what to do.</param>
    /// <param name="innerException">The exception of SQLite.</param>
    public SqliteSpendLedgerException(string path, SqliteLedgerProblem problem, string message, Exception? innerException = null)
        : base(path, message, innerException)
    {
        Path = path;
        Problem = problem;
    }

    /// <summary>Gets the path of the file.</summary>
    public string Path { get; }

    /// <summary>Gets the reason.</summary>
    public SqliteLedgerProblem Problem { get; }

    internal static SpendLedgerException From(string path, Exception exception) => exception switch
    {
        SpendLedgerException already => already,
        SqliteException sqlite => Make(path, sqlite.SqliteErrorCode, exception),
        _ => new SqliteSpendLedgerException(path, SqliteLedgerProblem.Other, $"The operation on the ledger file '{path}' failed: {exception.Message}", exception),
    };

    internal static SqliteSpendLedgerException Make(string path, int code, Exception? innerException)
    {
        (SqliteLedgerProblem problem, string? message) = (code & 0xFF) switch
        {
            raw.SQLITE_NOTADB => (SqliteLedgerProblem.NotADatabase, "is not a SQLite database. Use another path, or move this file away. It was not changed."),
            raw.SQLITE_READONLY => (SqliteLedgerProblem.ReadOnly, "is read-only. Give the process write access to the file and its folder, because SQLite creates a -wal and a -shm file next to it."),
            raw.SQLITE_FULL => (SqliteLedgerProblem.DiskFull, "cannot grow because the disk is full. Free some disk space. Earlier commits are safe, and the operation can be repeated."),
            raw.SQLITE_CORRUPT => (SqliteLedgerProblem.Damaged, "is damaged. Stop all processes that use it, copy it together with its -wal file, and recover it with `sqlite3 FILE .recover`."),
            raw.SQLITE_BUSY or raw.SQLITE_LOCKED => (SqliteLedgerProblem.Busy, "is locked by another process for longer than the busy timeout. Find the process that keeps a transaction open. The operation can be repeated."),
            raw.SQLITE_CANTOPEN or raw.SQLITE_PERM or raw.SQLITE_AUTH => (SqliteLedgerProblem.CannotOpen, "cannot be opened. The folder must exist, and the process must have access to it."),
            _ => (SqliteLedgerProblem.Other, $"caused SQLite error {code} ({raw.sqlite3_errstr(code).utf8_to_string()}). Check the disk and the file. The operation may have been applied; it can be repeated."),
        };
        return new SqliteSpendLedgerException(path, problem, $"The ledger file '{path}' {message}", innerException);
    }
}
