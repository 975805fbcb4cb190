using System.Runtime.CompilerServices;
using System.Text.Json;
using Microsoft.Data.Sqlite;

namespace MeaiBudget;

/// <summary>Reads the records of a ledger file, for reports and simulations. Never writes, and can read while a ledger uses the file.</summary>
/// <remarks>
/// Thread-safe. Each method reads one consistent state of the file during its enumeration. An attempt has a record if its
/// reservation had a description (<see cref="LedgerReservation.Info"/>).
/// </remarks>
public sealed class SqliteSpendRecords : ISpendHistory
{
    private const string Range = "WHERE reserved_at >= $from AND reserved_at < $to AND call IS NOT NULL";

    private SqliteSpendRecords(string path) => Path = path;

    /// <summary>Gets the file's full path.</summary>
    public string Path { get; }

    /// <summary>Opens the records of a ledger file.</summary>
    /// <param name="path">The path of the file.</param>
    /// <returns>The records.</returns>
    /// <exception cref="SqliteSpendLedgerException">The file does not exist or is not a ledger; see <see cref="SqliteSpendLedgerException.Problem"/>.</exception>
    public static SqliteSpendRecords Open(string path)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        path = System.IO.Path.GetFullPath(path);
        using SqliteConnection connection = SqliteLedgerFile.OpenForReading(path);
        return new SqliteSpendRecords(path);
    }

    /// <summary>Reads the attempts that were admitted in a time range, oldest first.</summary>
    /// <param name="from">The start of the range, inclusive.</param>
    /// <param name="to">The end of the range, exclusive.</param>
    /// <param name="cancellationToken">Cancels the enumeration.</param>
    /// <returns>The records.</returns>
    public async IAsyncEnumerable<SqliteSpendRecord> ReadRecordsAsync(
        DateTimeOffset from, DateTimeOffset to, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        using SqliteConnection connection = SqliteLedgerFile.OpenForReading(Path);
        using SqliteTransaction transaction = connection.BeginTransaction(deferred: true);
        using SqliteCommand lines = Command(
            connection,
            $"SELECT r.key, l.account, l.period, l.reserved, l.charged, l.taken FROM reservations r JOIN lines l ON l.reservation = r.key {Range} ORDER BY r.reserved_at, r.key, l.position",
            from,
            to);
        using SqliteDataReader lineReader = lines.ExecuteReader();
        bool hasLine = lineReader.Read();
        using SqliteCommand records = Command(
            connection,
            $"SELECT key, call_id, attempt, owner, state, reserved_at, closed_at, call, settlement FROM reservations {Range} ORDER BY reserved_at, key",
            from,
            to);
        using SqliteDataReader reader = await records.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            var recordLines = new List<SqliteSpendRecordLine>();
            while (hasLine && lineReader.GetInt64(0) == reader.GetInt64(0))
            {
                recordLines.Add(new SqliteSpendRecordLine(
                    LedgerAccountName.Unescape(lineReader.GetString(1)), lineReader.GetInt64(2), lineReader.GetInt64(3), lineReader.GetInt64(4), lineReader.GetInt64(5) != 0));
                hasLine = lineReader.Read();
            }

            yield return Record(reader, recordLines);
        }
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<SpendRecord>> QueryAsync(SpendQuery query, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(query);
        query.Validate();
        return new(Task.Run(() => SqliteSpendHistory.Query(Path, query, cancellationToken), cancellationToken));
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<SpendRecord>> ReadCallsAsync(SpendQuery query, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(query);
        query.Validate();
        return new(Task.Run(() => SqliteSpendHistory.ReadCalls(Path, query, cancellationToken), cancellationToken));
    }

    /// <summary>Reads all grants, oldest first.</summary>
    /// <returns>The grants, each with its reason.</returns>
    public IReadOnlyList<SqliteRecordedGrant> ReadGrants() => Read(
        "SELECT id, account, amount, expires_at, reason, granted_at FROM grants ORDER BY granted_at, id",
        row => new SqliteRecordedGrant(
            new LedgerGrant
            {
                Id = Id(row.GetString(0)),
                Account = LedgerAccountName.Unescape(row.GetString(1)),
                Amount = row.GetInt64(2),
                ExpiresAt = Time(row.GetInt64(3)),
                Reason = row.GetString(4),
            },
            Time(row.GetInt64(5))));

    /// <summary>Reads all adjustments, oldest first.</summary>
    /// <returns>The adjustments, each with its reason.</returns>
    public IReadOnlyList<SqliteRecordedAdjustment> ReadAdjustments() => Read(
        "SELECT id, call_id, attempt, owner, amounts, reason, adjusted_at FROM adjustments ORDER BY adjusted_at, id",
        row => new SqliteRecordedAdjustment(
            LedgerAdjustments.Read(new LedgerAdjustment
            {
                Id = Id(row.GetString(0)),
                Reservation = new LedgerReservationId(Id(row.GetString(1)), row.GetInt32(2), row.GetString(3)),
                Amounts = JsonSerializer.Deserialize(row.GetString(4), LedgerRecordJson.Default.IReadOnlyListInt64)!,
                Reason = row.GetString(5),
            }),
            Time(row.GetInt64(6))));

    /// <summary>Reads the amounts of all accounts in all periods that are still stored.</summary>
    /// <returns>The periods, by account and index.</returns>
    public IReadOnlyList<SqliteRecordedPeriod> ReadPeriods() => Read(
        "SELECT account, period, charged, held, unconfirmed, overrun FROM periods ORDER BY account, period",
        row => new SqliteRecordedPeriod(
            LedgerAccountName.Unescape(row.GetString(0)), row.GetInt64(1), row.GetInt64(2), row.GetInt64(3), row.GetInt64(4), row.GetInt64(5)));

    private static SqliteSpendRecord Record(SqliteDataReader row, List<SqliteSpendRecordLine> lines)
    {
        LedgerRecordedSettlement? settlement = row.IsDBNull(8) ? null : JsonSerializer.Deserialize(row.GetString(8), LedgerRecordJson.Default.LedgerRecordedSettlement);
        return new SqliteSpendRecord
        {
            Id = new LedgerReservationId(Id(row.GetString(1)), row.GetInt32(2), row.GetString(3)),
            State = (SqliteReservationState)row.GetInt32(4),
            At = Time(row.GetInt64(5)),
            ClosedAt = row.IsDBNull(6) ? null : Time(row.GetInt64(6)),
            Call = JsonSerializer.Deserialize(row.GetString(7), LedgerRecordJson.Default.LedgerCallInfo)!,
            SettledAt = settlement?.At,
            ResponseModelId = settlement?.ResponseModelId,
            Usage = settlement?.Usage,
            CostNanoDollars = settlement?.CostNanoDollars,
            CostKind = settlement?.CostKind ?? default,
            PriceMatch = settlement?.PriceMatch ?? default,
            CostFlags = settlement?.CostFlags ?? default,
            Outcome = settlement?.Outcome,
            Lines = lines,
        };
    }

    private static SqliteCommand Command(SqliteConnection connection, string sql, DateTimeOffset from, DateTimeOffset to)
    {
        SqliteCommand command = connection.CreateCommand();
#pragma warning disable CA2100 // All statements are constants of this package.
        command.CommandText = sql;
#pragma warning restore CA2100
        command.Parameters.AddWithValue("$from", from.UtcTicks);
        command.Parameters.AddWithValue("$to", to.UtcTicks);
        return command;
    }

    private static Guid Id(string text) => Guid.ParseExact(text, "D");

    private static DateTimeOffset Time(long ticks) => new(ticks, TimeSpan.Zero);

    private List<TRow> Read<TRow>(string sql, Func<SqliteDataReader, TRow> read)
    {
        using SqliteConnection connection = SqliteLedgerFile.OpenForReading(Path);
        using var statement = new SqliteStatement(connection, sql, 0);
        using SqliteDataReader row = statement.Read();
        var rows = new List<TRow>();
        while (row.Read())
        {
            rows.Add(read(row));
        }

        return rows;
    }
}
