using Microsoft.Data.Sqlite;

namespace MeaiBudget;

/// <summary>The tables of a ledger file and their versions; <c>user_version</c> counts the migrations that a file has had.</summary>
internal static class SqliteSchema
{
    /// <summary>"MBLg", which tells a ledger file from any other database.</summary>
    public const int ApplicationId = 0x4D424C67;

    /// <summary>Each step is applied once and never edited after a release. Times are UTC ticks (100 ns), amounts the account's unit.</summary>
    public static readonly string[] Migrations =
    [
        """
        CREATE TABLE periods (
            account TEXT NOT NULL,
            period INTEGER NOT NULL,
            charged INTEGER NOT NULL,
            doubtful INTEGER NOT NULL,
            overrun INTEGER NOT NULL,
            held INTEGER NOT NULL,
            open INTEGER NOT NULL,
            forget_after INTEGER NOT NULL,
            PRIMARY KEY (account, period)
        ) WITHOUT ROWID;
        CREATE TABLE reservations (
            key INTEGER PRIMARY KEY,
            call_id TEXT NOT NULL,
            attempt INTEGER NOT NULL,
            owner TEXT NOT NULL,
            state INTEGER NOT NULL,
            reserved_at INTEGER NOT NULL,
            lease_until INTEGER NOT NULL,
            closed_at INTEGER,
            keep_until INTEGER NOT NULL,
            call TEXT,
            settlement TEXT,
            UNIQUE (call_id, attempt, owner)
        );
        CREATE INDEX reservations_open ON reservations (lease_until) WHERE state = 0;
        CREATE INDEX reservations_keep ON reservations (keep_until) WHERE state <> 0;
        CREATE INDEX reservations_at ON reservations (reserved_at);
        CREATE TABLE lines (
            reservation INTEGER NOT NULL,
            position INTEGER NOT NULL,
            account TEXT NOT NULL,
            period INTEGER NOT NULL,
            first_period INTEGER NOT NULL,
            reserved INTEGER NOT NULL,
            taken INTEGER NOT NULL,
            forget_after INTEGER NOT NULL,
            charged INTEGER NOT NULL,
            PRIMARY KEY (reservation, position)
        ) WITHOUT ROWID;
        CREATE TABLE grants (
            id TEXT PRIMARY KEY,
            account TEXT NOT NULL,
            amount INTEGER NOT NULL,
            granted_at INTEGER NOT NULL,
            expires_at INTEGER NOT NULL,
            reason TEXT NOT NULL
        ) WITHOUT ROWID;
        CREATE INDEX grants_account ON grants (account, expires_at);
        CREATE TABLE adjustments (
            id TEXT PRIMARY KEY,
            call_id TEXT NOT NULL,
            attempt INTEGER NOT NULL,
            owner TEXT NOT NULL,
            amounts TEXT NOT NULL,
            adjusted_at INTEGER NOT NULL,
            reason TEXT NOT NULL
        ) WITHOUT ROWID;
        """,
    ];

    /// <summary>Checks that the file is a ledger, or new, and brings it to the newest version; the caller holds the write lock.</summary>
    public static void Migrate(SqliteConnection connection, string path, IReadOnlyList<string> migrations)
    {
        var version = Check(connection, path, migrations.Count);
        for (var step = version; step < migrations.Count; step++)
        {
            Execute(connection, migrations[step]);
        }

        if (version < migrations.Count)
        {
            Execute(connection, $"PRAGMA application_id = {ApplicationId}; PRAGMA user_version = {migrations.Count};");
        }
    }

    /// <summary>Reads the file's version; throws for a file that is no ledger or of a newer version.</summary>
    public static int Check(SqliteConnection connection, string path, int newest)
    {
        var application = (int)ReadNumber(connection, "PRAGMA application_id");
        var version = (int)ReadNumber(connection, "PRAGMA user_version");
        if (application != ApplicationId && (application != 0 || version != 0 || ReadNumber(connection, "SELECT count(*) FROM sqlite_schema") != 0))
        {
            throw new SqliteSpendLedgerException(
                path,
                SqliteLedgerProblem.NotALedger,
                $"The file '{path}' is a SQLite database, but no spend ledger. Name another file; nothing in it was changed.");
        }

        if (version > newest)
        {
            throw new SqliteSpendLedgerException(
                path,
                SqliteLedgerProblem.NewerSchema,
                $"The ledger file '{path}' has schema version {version}, and this version of MeaiBudget.Sqlite knows only {newest}. Update the package; nothing was changed.");
        }

        return version;
    }

    public static void Execute(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
#pragma warning disable CA2100 // Every statement is a constant of this package.
        command.CommandText = sql;
#pragma warning restore CA2100
        command.ExecuteNonQuery();
    }

    public static long ReadNumber(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
#pragma warning disable CA2100 // Every statement is a constant of this package.
        command.CommandText = sql;
#pragma warning restore CA2100
        return (long)command.ExecuteScalar()!;
    }
}
