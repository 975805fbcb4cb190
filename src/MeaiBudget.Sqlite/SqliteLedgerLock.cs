using System.Diagnostics;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace MeaiBudget;

/// <summary>Takes the write lock of the file so that several busy processes all get their turn.</summary>
/// <remarks>
/// SQLite's busy handler sleeps up to 100 ms between two tries, but a busy process releases the lock for microseconds only, so other
/// processes would starve. Therefore this class tries about every millisecond. If it sees that other processes write too, it waits
/// a moment before its next transaction.
/// </remarks>
internal sealed class SqliteLedgerLock : IDisposable
{
    private static readonly TimeSpan OthersAreAroundFor = TimeSpan.FromSeconds(1);
    private readonly SqliteConnection _connection;
    private readonly SqliteStatement _dataVersion;
    private readonly SqliteFileGuard _file;
    private readonly ManualResetEventSlim _never = new(false);
    private long _lastVersion = -1;
    private long _othersSeenAt = -1;

    public SqliteLedgerLock(SqliteConnection connection, string path)
    {
        _connection = connection;
        _file = new SqliteFileGuard(connection, path);
        _dataVersion = new SqliteStatement(connection, "PRAGMA data_version", 0);
    }

    /// <summary>Begins a transaction; waits for the lock for the time given.</summary>
    public void Begin(TimeSpan timeout)
    {
        _file.Check();
        if (_othersSeenAt >= 0 && Stopwatch.GetElapsedTime(_othersSeenAt) < OthersAreAroundFor)
        {
            Pause(1);
        }

        long started = Stopwatch.GetTimestamp();
        for (int tries = 0; ; tries++)
        {
            int code = raw.sqlite3_exec(_connection.Handle, "BEGIN IMMEDIATE");
            if (code == raw.SQLITE_OK)
            {
                break;
            }

            if ((code & 0xFF) is not (raw.SQLITE_BUSY or raw.SQLITE_LOCKED) || Stopwatch.GetElapsedTime(started) >= timeout)
            {
                Throw(code);
            }

            _othersSeenAt = Stopwatch.GetTimestamp();
            Pause(1 + (tries & 1));
        }

        LookForOthers();
    }

    public void Commit()
    {
        int code = raw.sqlite3_exec(_connection.Handle, "COMMIT");
        if (code != raw.SQLITE_OK)
        {
            Throw(code);
        }
    }

    /// <summary>Rolls the transaction back, unless SQLite has done so already.</summary>
    public void Rollback()
    {
        if (raw.sqlite3_get_autocommit(_connection.Handle) == 0)
        {
            raw.sqlite3_exec(_connection.Handle, "ROLLBACK");
        }
    }

    public void Dispose()
    {
        _dataVersion.Dispose();
        _file.Dispose();
        _never.Dispose();
    }

    /// <summary>Checks whether other connections have committed. Their commits change the data version; those of this connection do not.</summary>
    private void LookForOthers()
    {
        long version = _dataVersion.Scalar();
        if (version != _lastVersion && _lastVersion >= 0)
        {
            _othersSeenAt = Stopwatch.GetTimestamp();
        }

        _lastVersion = version;
    }

    private void Pause(int milliseconds) => _never.Wait(milliseconds);

    private void Throw(int code)
    {
        int extended = raw.sqlite3_extended_errcode(_connection.Handle);
        throw new SqliteException(raw.sqlite3_errmsg(_connection.Handle).utf8_to_string(), code & 0xFF, extended);
    }
}
