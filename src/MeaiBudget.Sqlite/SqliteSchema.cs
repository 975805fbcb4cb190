using Microsoft.Data.Sqlite;

namespace MeaiBudget;

/// <summary>The tables of a ledger file and their migrations. <c>user_version</c> is the number of applied migrations.</summary>
internal static class SqliteSchema
{
    /// <summary>"MBLg", the application id that identifies a ledger file.</summary>
    public const int ApplicationId = 0x4D424C67;

    /// <summary>The oldest version that can be read without a migration.</summary>
    public const int OldestReadable = 2;

    /// <summary>The first version with the table <c>history</c>.</summary>
    public const int FirstWithHistory = 3;

    /// <summary>The migrations. Each is applied once, and must not be changed after a release. Times are UTC ticks (100 ns); amounts have the account's unit.</summary>
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
        """
        ALTER TABLE periods RENAME COLUMN doubtful TO unconfirmed;
        CREATE TABLE settings (
            name TEXT PRIMARY KEY,
            value TEXT NOT NULL
        ) WITHOUT ROWID;
        CREATE TABLE settings_version (
            key INTEGER PRIMARY KEY CHECK (key = 0),
            version INTEGER NOT NULL
        );
        INSERT INTO settings_version (key, version) VALUES (0, 0);
        """,
        """
        CREATE TABLE history (
            key INTEGER PRIMARY KEY,
            call_id TEXT NOT NULL,
            attempt INTEGER NOT NULL,
            owner TEXT NOT NULL,
            state INTEGER NOT NULL,
            reserved_at INTEGER NOT NULL,
            keep_until INTEGER NOT NULL,
            call TEXT NOT NULL,
            settlement TEXT,
            refusal TEXT,
            refused INTEGER NOT NULL,
            UNIQUE (call_id, attempt, owner)
        );
        CREATE INDEX history_at ON history (reserved_at);
        CREATE INDEX history_keep ON history (keep_until);
        CREATE INDEX history_refused ON history (reserved_at) WHERE state = 5;
        CREATE TABLE history_lines (
            reservation INTEGER NOT NULL,
            position INTEGER NOT NULL,
            account TEXT NOT NULL,
            reserved INTEGER NOT NULL,
            taken INTEGER NOT NULL,
            charged INTEGER NOT NULL,
            PRIMARY KEY (reservation, position)
        ) WITHOUT ROWID;
        """,
    ];

    /// <summary>Checks that the file is a ledger or new, and applies the missing migrations. The caller must hold the write lock.</summary>
    public static void Migrate(SqliteConnection connection, string path, IReadOnlyList<string> migrations)
    {
        int version = Check(connection, path, migrations.Count);
        for (int step = version; step < migrations.Count; step++)
        {
            Execute(connection, migrations[step]);
        }

        if (version < migrations.Count)
        {
            Execute(connection, $"PRAGMA application_id = {ApplicationId}; PRAGMA user_version = {migrations.Count};");
        }
    }

    /// <summary>Returns the file's version. Throws if the file is not a ledger or has a newer version.</summary>
    public static int Check(SqliteConnection connection, string path, int newest)
    {
        (long application, int version, long tables) = ReadIdentity(connection);
        if (application != ApplicationId && (application != 0 || version != 0 || tables != 0))
        {
            throw new SqliteSpendLedgerException(
                path,
                SqliteLedgerProblem.NotALedger,
                $"The file '{path}' is a SQLite database of another application, not a spend ledger. Use another path. The file was not changed.");
        }

        if (version > newest)
        {
            throw new SqliteSpendLedgerException(
                path,
                SqliteLedgerProblem.NewerSchema,
                $"The ledger file '{path}' has schema version {version}, but this version of MeaiBudget.Sqlite supports versions up to {newest}. Update the package. The file was not changed.");
        }

        return version;
    }

    public static void Execute(SqliteConnection connection, string sql)
    {
        using SqliteCommand command = connection.CreateCommand();
#pragma warning disable CA2100 // All statements are constants of this package.
        command.CommandText = sql;
#pragma warning restore CA2100
        command.ExecuteNonQuery();
    }

    public static long ReadNumber(SqliteConnection connection, string sql)
    {
        using SqliteCommand command = connection.CreateCommand();
#pragma warning disable CA2100 // All statements are constants of this package.
        command.CommandText = sql;
#pragma warning restore CA2100
        return (long)command.ExecuteScalar()!;
    }

    /// <summary>Reads in one statement, which sees one state of the file: another process may just be creating its tables.</summary>
    private static (long Application, int Version, long Tables) ReadIdentity(SqliteConnection connection)
    {
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = "SELECT application_id, user_version, (SELECT count(*) FROM sqlite_schema) FROM pragma_application_id, pragma_user_version";
        using SqliteDataReader reader = command.ExecuteReader();
        reader.Read();
        return (reader.GetInt64(0), reader.GetInt32(1), reader.GetInt64(2));
    }
}
