using System.Globalization;
using Npgsql;

namespace MeaiBudget;

/// <summary>The tables of a ledger in a database, and their migrations.</summary>
/// <remarks>
/// The table <c>versions</c> has a row for each applied migration, with the oldest version of this package's code that can work with it.
/// So during a rolling deployment older and newer code use one schema: functions are added under new names and keep their signatures.
/// </remarks>
internal static class PostgreSqlSchema
{
    /// <summary>The first version of PostgreSQL that the ledger supports.</summary>
    private const int OldestServer = 13;

    /// <summary>The version that this code needs at least.</summary>
    private const int Needed = 1;

    /// <summary>The first version with the table <c>history</c>.</summary>
    public const int FirstWithHistory = 2;

    /// <summary>The first version with <c>exchange_1</c>.</summary>
    public const int FirstWithSlices = 3;

    /// <summary>The first version with <c>adjust_account_1</c>.</summary>
    public const int FirstWithAccountAdjustments = 4;

    /// <summary>The first version with <c>apply_2</c> and <c>sweep_2</c>.</summary>
    public const int FirstWithBatches = 5;

    /// <summary>The first version with an index of periods by what they were charged.</summary>
    public const int FirstWithSizes = 6;

    /// <summary>The migrations: a version's number, the oldest code that can work with the schema after it, and the script.</summary>
    private static readonly (int Version, int WorksWith)[] Migrations = [(1, 1), (2, 1), (3, 1), (4, 1), (5, 1), (6, 1)];

    public static int Newest => Migrations[^1].Version;

    /// <summary>Returns the version of the schema; zero if there is no ledger in it. Throws if this code cannot work with it.</summary>
    public static async Task<int> CheckAsync(NpgsqlConnection connection, string schema, string ledger, CancellationToken cancellationToken)
    {
        if (connection.PostgreSqlVersion.Major < OldestServer)
        {
            throw new PostgreSqlSpendLedgerException(
                ledger, PostgreSqlLedgerProblem.OldServer,
                $"The server of the spend ledger '{ledger}' is PostgreSQL {connection.PostgreSqlVersion}. Update it: the ledger needs version {OldestServer} or later.");
        }

        await using NpgsqlCommand exists = Command(connection, $"SELECT EXISTS (SELECT 1 FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = '{schema}' AND c.relname = 'versions')");
        if (await exists.ExecuteScalarAsync(cancellationToken) is not true)
        {
            return 0;
        }

        await using NpgsqlCommand read = Command(connection, $"SELECT coalesce(max(version), 0), coalesce(max(works_with), 0) FROM {schema}.versions");
        await using NpgsqlDataReader row = await read.ExecuteReaderAsync(cancellationToken);
        await row.ReadAsync(cancellationToken);
        (int version, int worksWith) = (row.GetInt32(0), row.GetInt32(1));
        return worksWith <= Newest
            ? version
            : throw new PostgreSqlSpendLedgerException(
                ledger, PostgreSqlLedgerProblem.NewerSchema,
                $"The schema '{schema}' of the spend ledger '{ledger}' has version {version}, and this version of MeaiBudget.PostgreSql supports versions up to {Newest}. Update the package.");
    }

    /// <summary>Applies the missing migrations, if <paramref name="isAllowed"/>. Processes that start together take turns.</summary>
    public static async Task<int> MigrateAsync(
        NpgsqlConnection connection, string schema, string ledger, bool isAllowed, CancellationToken cancellationToken, int? newest = null)
    {
        int version = await CheckAsync(connection, schema, ledger, cancellationToken);
        if (version >= (newest ?? Newest) || (version >= Needed && !isAllowed))
        {
            return version;
        }

        if (!isAllowed)
        {
            throw new PostgreSqlSpendLedgerException(
                ledger, PostgreSqlLedgerProblem.NotMigrated,
                $"The schema '{schema}' of the spend ledger '{ledger}' {(version == 0 ? "does not exist" : $"has version {version}")}, and this version of MeaiBudget.PostgreSql needs version {Needed}. Run `meaibudget ledger migrate` as a user who may create tables.");
        }

        try
        {
            await ApplyAsync(connection, schema, ledger, newest ?? Newest, cancellationToken);
        }
        catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.InsufficientPrivilege && version >= Needed)
        {
            // Another user migrates. This code works with the schema as it is.
            return version;
        }

        return newest ?? Newest;
    }

    private static async Task ApplyAsync(NpgsqlConnection connection, string schema, string ledger, int newest, CancellationToken cancellationToken)
    {
        await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync(cancellationToken);
        await RunAsync(connection, "SET TRANSACTION READ WRITE", cancellationToken);
        await RunAsync(connection, "SELECT pg_advisory_xact_lock(5567612)", cancellationToken);
        int version = await CheckAsync(connection, schema, ledger, cancellationToken);
        if (version == 0)
        {
            await using NpgsqlCommand exists = Command(connection, $"SELECT EXISTS (SELECT 1 FROM pg_catalog.pg_namespace WHERE nspname = '{schema}')");
            if (await exists.ExecuteScalarAsync(cancellationToken) is not true)
            {
                await RunAsync(connection, $"CREATE SCHEMA {schema}", cancellationToken);
            }

            await RunAsync(
                connection,
                $"CREATE TABLE {schema}.versions (version integer PRIMARY KEY, works_with integer NOT NULL, applied_at timestamptz NOT NULL DEFAULT clock_timestamp())",
                cancellationToken);
        }

        foreach ((int next, int worksWith) in Migrations)
        {
            if (next > version && next <= newest)
            {
                await RunAsync(connection, Script(next).Replace("{schema}", schema, StringComparison.Ordinal), cancellationToken);
                await RunAsync(connection, string.Create(CultureInfo.InvariantCulture, $"INSERT INTO {schema}.versions (version, works_with) VALUES ({next}, {worksWith})"), cancellationToken);
            }
        }

        await transaction.CommitAsync(cancellationToken);
    }

    private static string Script(int version)
    {
        using Stream stream = typeof(PostgreSqlSchema).Assembly.GetManifestResourceStream(string.Create(CultureInfo.InvariantCulture, $"{version:0000}.sql"))!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }

    private static async Task RunAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = Command(connection, sql);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static NpgsqlCommand Command(NpgsqlConnection connection, string sql)
    {
        NpgsqlCommand command = connection.CreateCommand();
#pragma warning disable CA2100 // The schema's name was checked; everything else is a constant of this package.
        command.CommandText = sql;
#pragma warning restore CA2100
        return command;
    }
}
