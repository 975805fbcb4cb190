using System.Data.Common;
using System.Globalization;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace MeaiBudget.Tool;

/// <summary>The tables of a ledger: a SQLite file, or a schema of a PostgreSQL server.</summary>
/// <remarks>
/// A ledger is named by the path of its file, by a connection string of Npgsql, or by <c>env:NAME</c> for a connection string in an
/// environment variable, which keeps a password out of the list of processes.
/// </remarks>
internal sealed class LedgerDatabase : IAsyncDisposable
{
    private readonly DbConnection _connection;
    private DbTransaction? _transaction;

    private LedgerDatabase(DbConnection connection, string name, string schema, long ledger)
    {
        _connection = connection;
        Name = name;
        Schema = schema;
        Ledger = ledger;
    }

    /// <summary>Gets the name for messages: the file, or the schema and the ledger; no password.</summary>
    public string Name { get; }

    public bool IsPostgreSql => Schema.Length > 0;

    /// <summary>Gets the prefix of tables: the schema and a dot on PostgreSQL; empty on SQLite.</summary>
    public string Schema { get; }

    /// <summary>Gets the ledger's number on PostgreSQL.</summary>
    public long Ledger { get; }

    /// <summary>Gets a value indicating whether the ledger has the table <c>history</c>, which its first versions did not have.</summary>
    public bool HasHistory { get; private init; }

    /// <summary>Gets the condition that a row belongs to the ledger.</summary>
    public string OfLedger(string table) => IsPostgreSql ? string.Create(CultureInfo.InvariantCulture, $"{table}.ledger = {Ledger}") : "1 = 1";

    /// <exception cref="ArgumentException">The argument names no ledger, or one in Redis.</exception>
    /// <exception cref="SpendLedgerException">The ledger cannot be opened, or has an older format and <paramref name="migrates"/> is false.</exception>
    public static async Task<LedgerDatabase> OpenAsync(string ledger, string name, bool writes, bool migrates, CancellationToken cancellationToken)
    {
        var address = LedgerAddress.Parse(ledger);
        return address.Kind switch
        {
            LedgerStore.Redis => throw new ArgumentException("This command works on a ledger in SQLite or PostgreSQL. A ledger in Redis has no tables: the server removes what is no longer needed itself."),
            LedgerStore.PostgreSql => await OpenPostgreSqlAsync(address.Value, name, migrates, cancellationToken),
            _ => await OpenSqliteAsync(address.ToFile(), writes, migrates, cancellationToken),
        };
    }

    /// <summary>Begins a transaction for all statements, until it is committed.</summary>
    public async Task BeginAsync(CancellationToken cancellationToken) => _transaction = await _connection.BeginTransactionAsync(cancellationToken);

    public async Task CommitAsync(CancellationToken cancellationToken)
    {
        await _transaction!.CommitAsync(cancellationToken);
        await _transaction.DisposeAsync();
        _transaction = null;
    }

    public async Task<int> RunAsync(string sql, CancellationToken cancellationToken, params object[] values)
    {
        await using DbCommand command = Command(sql, values);
        return await command.ExecuteNonQueryAsync(cancellationToken);
    }

    public async Task<long> NumberAsync(string sql, CancellationToken cancellationToken, params object[] values)
    {
        await using DbCommand command = Command(sql, values);
        return await command.ExecuteScalarAsync(cancellationToken) is { } value and not DBNull ? Convert.ToInt64(value, CultureInfo.InvariantCulture) : 0;
    }

    public async Task<List<TRow>> ReadAsync<TRow>(string sql, Func<DbDataReader, TRow> read, CancellationToken cancellationToken, params object[] values)
    {
        await using DbCommand command = Command(sql, values);
        await using DbDataReader row = await command.ExecuteReaderAsync(cancellationToken);
        var rows = new List<TRow>();
        while (await row.ReadAsync(cancellationToken))
        {
            rows.Add(read(row));
        }

        return rows;
    }

    public async ValueTask DisposeAsync()
    {
        if (_transaction is not null)
        {
            await _transaction.DisposeAsync();
        }

        await _connection.DisposeAsync();
    }

    private static async Task<LedgerDatabase> OpenSqliteAsync(string path, bool writes, bool migrates, CancellationToken cancellationToken)
    {
        // Checks that the file is a ledger, and brings it to the newest format.
        if (migrates)
        {
            await using var opened = SqliteSpendLedger.Open(path);
        }
        else
        {
            SqliteSpendRecords.Open(path);
        }

        var connection = new SqliteConnection(new SqliteConnectionStringBuilder
        {
            DataSource = path,
            Mode = writes ? SqliteOpenMode.ReadWrite : SqliteOpenMode.ReadOnly,
            Pooling = false,
        }.ToString());
        await connection.OpenAsync(cancellationToken);
        await using SqliteCommand command = connection.CreateCommand();
        command.CommandText = "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE name = 'history')";
        return new LedgerDatabase(connection, Path.GetFullPath(path), "", 0) { HasHistory = await command.ExecuteScalarAsync(cancellationToken) is 1L };
    }

    private static async Task<LedgerDatabase> OpenPostgreSqlAsync(string connectionString, string name, bool migrates, CancellationToken cancellationToken)
    {
        var options = new PostgreSqlSpendLedgerOptions { Name = name, Migrate = migrates };
        await using (PostgreSqlSpendLedger opened = await PostgreSqlSpendLedger.OpenAsync(connectionString, options, cancellationToken))
        {
        }

        var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync(cancellationToken);
        await using NpgsqlCommand command = connection.CreateCommand();
        command.CommandText = "SELECT id, to_regclass('meaibudget.history') IS NOT NULL FROM meaibudget.ledgers WHERE name = $1";
        command.Parameters.AddWithValue(name);
        await using NpgsqlDataReader row = await command.ExecuteReaderAsync(cancellationToken);
        await row.ReadAsync(cancellationToken);
        return new LedgerDatabase(connection, $"postgresql:{name}", "meaibudget.", row.GetInt32(0)) { HasHistory = row.GetBoolean(1) };
    }

    private DbCommand Command(string sql, object[] values)
    {
        DbCommand command = _connection.CreateCommand();
#pragma warning disable CA2100 // All statements are constants of this tool.
        command.CommandText = sql;
#pragma warning restore CA2100
        command.Transaction = _transaction;
        for (int i = 0; i < values.Length; i++)
        {
            DbParameter parameter = command.CreateParameter();
            parameter.ParameterName = IsPostgreSql ? "" : string.Create(CultureInfo.InvariantCulture, $"${i + 1}");
            parameter.Value = values[i];
            command.Parameters.Add(parameter);
        }

        return command;
    }
}
