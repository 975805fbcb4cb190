using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace MeaiBudget;

/// <summary>Opens ledger files for writing or reading.</summary>
internal static class SqliteLedgerFile
{
    public static SqliteConnection OpenForWriting(string path, SqliteSpendLedgerOptions options)
    {
        CreatePrivate(path);
        SqliteConnection connection = Open(path, SqliteOpenMode.ReadWriteCreate);
        try
        {
            raw.sqlite3_busy_timeout(connection.Handle, (int)Math.Min(options.BusyTimeout.TotalMilliseconds, int.MaxValue));
            if (raw.sqlite3_db_readonly(connection.Handle, "main") == 1)
            {
                throw SqliteSpendLedgerException.Make(path, raw.SQLITE_READONLY, null);
            }

            // Checked before any change, so that a file that is not a ledger is not modified.
            SqliteSchema.Check(connection, path, SqliteSchema.Migrations.Length);
            UseWriteAheadLog(connection, path);
            string synchronous = options.Durability == SqliteDurability.PowerLoss ? "FULL" : "NORMAL";
            SqliteSchema.Execute(connection, $"PRAGMA synchronous = {synchronous}; PRAGMA temp_store = MEMORY; PRAGMA journal_size_limit = 67108864;");
            if (options.MaximumBytes > 0)
            {
                SqliteSchema.Execute(connection, $"PRAGMA max_page_count = {options.MaximumBytes / 4096};");
            }

            SqliteSchema.Execute(connection, "BEGIN IMMEDIATE");
            SqliteSchema.Migrate(connection, path, SqliteSchema.Migrations);
            SqliteSchema.Execute(connection, "COMMIT");
            raw.sqlite3_busy_timeout(connection.Handle, 0);
            return connection;
        }
        catch (Exception exception)
        {
            connection.Dispose();
            throw SqliteSpendLedgerException.From(path, exception);
        }
    }

    public static SqliteConnection OpenForReading(string path)
    {
        SqliteConnection connection = Open(path, SqliteOpenMode.ReadOnly);
        try
        {
            try
            {
                return Checked(connection, path);
            }
            catch (SqliteException exception) when (IsReadOnlyFolder(exception) && !HasWriteAheadLog(path))
            {
                // SQLite cannot create the -shm file. Without a write-ahead log the file alone is complete, and nobody writes to it here.
                connection.Dispose();
                connection = Open($"file:{Uri.EscapeDataString(path).Replace("%2F", "/", StringComparison.Ordinal)}?immutable=1", SqliteOpenMode.ReadOnly);
                return Checked(connection, path);
            }
        }
        catch (Exception exception)
        {
            connection.Dispose();
            throw SqliteSpendLedgerException.From(path, exception);
        }
    }

    private static SqliteConnection Checked(SqliteConnection connection, string path)
    {
        raw.sqlite3_busy_timeout(connection.Handle, 10_000);
        if (SqliteSchema.Check(connection, path, SqliteSchema.Migrations.Length) < SqliteSchema.OldestReadable)
        {
            throw new SqliteSpendLedgerException(
                path,
                SqliteLedgerProblem.NotALedger,
                $"The file '{path}' is empty or has the format of an older version. Open it once with SqliteSpendLedger.Open, which updates it.");
        }

        return connection;
    }

    private static bool IsReadOnlyFolder(SqliteException exception) => exception.SqliteErrorCode is raw.SQLITE_CANTOPEN or raw.SQLITE_READONLY;

    private static bool HasWriteAheadLog(string path) => new FileInfo(path + "-wal") is { Exists: true, Length: > 0 };

    /// <summary>Creates a file that only its owner can read: it says who spent what. SQLite gives its -wal and -shm files the same mode.</summary>
    private static void CreatePrivate(string path)
    {
        if (OperatingSystem.IsWindows() || File.Exists(path))
        {
            return;
        }

        try
        {
            using var created = new FileStream(path, new FileStreamOptions
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.Write,
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            });
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Another process was first, or SQLite finds the same problem and says it.
        }
    }

    private static SqliteConnection Open(string path, SqliteOpenMode mode)
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder
        {
            DataSource = path,
            Mode = mode,
            Pooling = false,
            Cache = SqliteCacheMode.Private,
            DefaultTimeout = 1,
        }.ToString());
        try
        {
            connection.Open();
            return connection;
        }
        catch (SqliteException exception)
        {
            connection.Dispose();
            throw SqliteSpendLedgerException.From(path, exception);
        }
    }

    private static void UseWriteAheadLog(SqliteConnection connection, string path)
    {
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = "PRAGMA journal_mode = WAL";
        if (command.ExecuteScalar() is not "wal")
        {
            throw new SqliteSpendLedgerException(
                path,
                SqliteLedgerProblem.CannotOpen,
                $"The ledger file '{path}' is on a file system without support for SQLite's write-ahead log, such as a network share. Move it to a local disk, or use a ledger for several machines, such as MeaiBudget.Redis.");
        }
    }
}
