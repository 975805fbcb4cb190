using Microsoft.Data.Sqlite;

namespace MeaiBudget;

/// <summary>Answers the queries of a history from a ledger file, on a connection for one query that only reads.</summary>
internal static class SqliteSpendHistory
{
    public static IReadOnlyList<SpendRecord> Query(string path, SpendQuery query, CancellationToken cancellationToken)
    {
        using SqliteConnection connection = SqliteLedgerFile.OpenForReading(path);
        var sql = new SpendHistorySql(query, HasHistory(connection));
        using SqliteStatement statement = Statement(connection, sql.Sums(), sql);
        using SqliteDataReader row = statement.Read([.. sql.Parameters]);
        var rows = new List<SpendRow>();
        while (row.Read())
        {
            cancellationToken.ThrowIfCancellationRequested();
            rows.Add(sql.Row(row.GetString, i => row.IsDBNull(i) ? 0 : row.GetInt64(i)));
        }

        return SpendSums.Of(query, rows);
    }

    public static IReadOnlyList<SpendRecord> ReadCalls(string path, SpendQuery query, CancellationToken cancellationToken)
    {
        using SqliteConnection connection = SqliteLedgerFile.OpenForReading(path);
        var sql = new SpendHistorySql(query, HasHistory(connection));
        using SqliteTransaction transaction = connection.BeginTransaction(deferred: true);
        using SqliteStatement statement = Statement(connection, sql.Calls("r.key AS key"), sql);
        using SqliteStatement ofReservations = Lines(connection, "lines");
        using SqliteStatement? ofHistory = HasHistory(connection) ? Lines(connection, "history_lines") : null;
        using SqliteDataReader row = statement.Read([.. sql.Parameters]);
        var records = new List<SpendRecord>();
        while (row.Read())
        {
            cancellationToken.ThrowIfCancellationRequested();
            int state = row.GetInt32(3);
            bool isOfHistory = row.GetInt32(10) != 0;
            var accounts = new List<KeyValuePair<string, long>>();
            using (SqliteDataReader line = (isOfHistory ? ofHistory! : ofReservations).Read(row.GetInt64(9)))
            {
                while (line.Read())
                {
                    accounts.Add(KeyValuePair.Create(LedgerAccountName.Unescape(line.GetString(0)), line.GetInt64(state == 0 ? 1 : 2)));
                }
            }

            records.Add(SpendHistorySql.Record(
                row.GetString(0), row.GetInt32(1), row.GetString(2), row.GetString(2), state, row.GetInt64(4), row.GetString(5),
                row.IsDBNull(6) ? null : row.GetString(6), row.IsDBNull(7) ? null : row.GetString(7), row.GetInt64(8), accounts));
        }

        return records;
    }

    private static bool HasHistory(SqliteConnection connection) => SqliteSchema.ReadNumber(connection, "PRAGMA user_version") >= SqliteSchema.FirstWithHistory;

    private static SqliteStatement Lines(SqliteConnection connection, string table) =>
        new(connection, $"SELECT account, reserved, charged FROM {table} WHERE reservation = $1 AND taken <> 0 ORDER BY position", 1);

    private static SqliteStatement Statement(SqliteConnection connection, string text, SpendHistorySql sql) => new(connection, text, sql.Parameters.Count);
}
