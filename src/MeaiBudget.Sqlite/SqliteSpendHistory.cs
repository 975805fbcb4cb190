using System.Globalization;
using System.Text;
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
        using SqliteTransaction transaction = connection.BeginTransaction(deferred: true);

        // Most ledgers have no records of other ledgers. Their rows need not be sorted among others then.
        bool hasHistory = HasHistory(connection) && SqliteSchema.ReadNumber(connection, "SELECT EXISTS (SELECT 1 FROM history)") != 0;
        var sql = new SpendHistorySql(query, hasHistory);
        var calls = new List<CallRow>();
        using (SqliteStatement statement = Statement(connection, sql.Calls("r.key AS key"), sql))
        using (SqliteDataReader row = statement.Read([.. sql.Parameters]))
        {
            while (row.Read())
            {
                cancellationToken.ThrowIfCancellationRequested();
                calls.Add(new CallRow(
                    row.GetString(0), row.GetInt32(1), row.GetString(2), row.GetInt32(3), row.GetInt64(4), row.GetString(5), row.IsDBNull(6) ? null : row.GetString(6),
                    row.IsDBNull(7) ? null : row.GetString(7), row.GetInt64(8), row.GetInt64(9), row.GetInt32(10) != 0));
            }
        }

        Dictionary<long, List<KeyValuePair<string, long>>> ofReservations = Accounts(connection, "lines", calls, isHistory: false);
        Dictionary<long, List<KeyValuePair<string, long>>> ofHistory = hasHistory ? Accounts(connection, "history_lines", calls, isHistory: true) : [];
        var records = new List<SpendRecord>(calls.Count);
        foreach (CallRow call in calls)
        {
            records.Add(SpendHistorySql.Record(
                call.CallId, call.Attempt, call.Owner, call.Owner, call.State, call.At, call.Call, call.Settlement, call.Refusal, call.Refused,
                (call.IsHistory ? ofHistory : ofReservations).GetValueOrDefault(call.Key) ?? []));
        }

        return records;
    }

    /// <summary>Reads the accounts of all calls with one statement, which takes less time than one for each.</summary>
    private static Dictionary<long, List<KeyValuePair<string, long>>> Accounts(SqliteConnection connection, string table, List<CallRow> calls, bool isHistory)
    {
        var open = new HashSet<long>();
        var keys = new StringBuilder("[");
        foreach (CallRow call in calls)
        {
            if (call.IsHistory == isHistory)
            {
                keys.Append(keys.Length > 1 ? "," : "").Append(CultureInfo.InvariantCulture, $"{call.Key}");
                if (call.State == 0)
                {
                    open.Add(call.Key);
                }
            }
        }

        keys.Append(']');
        var accounts = new Dictionary<long, List<KeyValuePair<string, long>>>(calls.Count);
        using var statement = new SqliteStatement(
            connection,
            $"SELECT l.reservation, l.account, l.reserved, l.charged FROM json_each($1) k CROSS JOIN {table} l ON l.reservation = k.value WHERE l.taken <> 0 ORDER BY l.reservation, l.position",
            1);
        using SqliteDataReader line = statement.Read(keys.ToString());
        List<KeyValuePair<string, long>> same = [];
        long last = -1;
        while (line.Read())
        {
            long key = line.GetInt64(0);
            if (key != last)
            {
                accounts[key] = same = [];
                last = key;
            }

            same.Add(KeyValuePair.Create(LedgerAccountName.Unescape(line.GetString(1)), line.GetInt64(open.Contains(key) ? 2 : 3)));
        }

        return accounts;
    }

    private static bool HasHistory(SqliteConnection connection) => SqliteSchema.ReadNumber(connection, "PRAGMA user_version") >= SqliteSchema.FirstWithHistory;

    private static SqliteStatement Statement(SqliteConnection connection, string text, SpendHistorySql sql) => new(connection, text, sql.Parameters.Count);

    /// <summary>A row of the calls, before its accounts are known.</summary>
    private readonly record struct CallRow(
        string CallId, int Attempt, string Owner, int State, long At, string Call, string? Settlement, string? Refusal, long Refused, long Key, bool IsHistory);
}
