using System.Runtime.InteropServices;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace MeaiBudget;

/// <summary>Notices that the open file was deleted, moved or replaced. SQLite would go on writing to a file that nobody can open any more.</summary>
internal sealed class SqliteFileGuard(SqliteConnection connection, string path) : IDisposable
{
    /// <summary>SQLITE_FCNTL_HAS_MOVED of sqlite3.h.</summary>
    private const int HasMoved = 20;

    private readonly nint _name = Marshal.StringToCoTaskMemUTF8("main");

    /// <exception cref="SqliteSpendLedgerException">The file is not at its path any more.</exception>
    public void Check()
    {
        if (FileControl(connection.Handle!.DangerousGetHandle(), _name, HasMoved, out int hasMoved) == raw.SQLITE_OK && hasMoved != 0)
        {
            throw new SqliteSpendLedgerException(
                path,
                SqliteLedgerProblem.Replaced,
                $"The ledger file '{path}' was deleted, moved or replaced while it was open, so nothing was written. Put the file back with its -wal file, or restart the application to use the file that is at the path now.");
        }
    }

    public void Dispose() => Marshal.FreeCoTaskMem(_name);

#pragma warning disable SYSLIB1054, CA5392 // All arguments are passed as they are. The library is SQLitePCLRaw's own, which is loaded by then.
    [DllImport("e_sqlite3", EntryPoint = "sqlite3_file_control", CallingConvention = CallingConvention.Cdecl)]
    private static extern int FileControl(nint database, nint name, int operation, out int result);
#pragma warning restore SYSLIB1054, CA5392
}
