using Microsoft.Data.Sqlite;

namespace MeaiBudget;

/// <summary>Writes the records of attempts that no reservation of the file describes: refusals, and attempts of other ledgers.</summary>
internal sealed class SqliteHistoryTables : IDisposable
{
    private const int ForgetAtOnce = 1000;
    private static readonly TimeSpan CountEvery = TimeSpan.FromHours(1);

    private readonly SqliteStatement _put;
    private readonly SqliteStatement _deleteLines;
    private readonly SqliteStatement _insertLine;
    private readonly SqliteStatement _forgettable;
    private readonly SqliteStatement _firstKept;
    private readonly SqliteStatement _tooMany;
    private readonly SqliteStatement _delete;
    private long _countAt = long.MinValue;

    public SqliteHistoryTables(SqliteConnection connection)
    {
        _put = new SqliteStatement(connection, """
            INSERT INTO history (call_id, attempt, owner, state, reserved_at, keep_until, call, settlement, refusal, refused)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
            ON CONFLICT (call_id, attempt, owner) DO UPDATE SET
                state = excluded.state, reserved_at = excluded.reserved_at, keep_until = excluded.keep_until, call = excluded.call,
                settlement = excluded.settlement, refusal = excluded.refusal, refused = excluded.refused
            WHERE history.state <> 1 OR excluded.state = 1
            RETURNING key
            """, 10);
        _deleteLines = new SqliteStatement(connection, "DELETE FROM history_lines WHERE reservation = $1", 1);
        _insertLine = new SqliteStatement(connection, "INSERT INTO history_lines (reservation, position, account, reserved, taken, charged) VALUES ($1, $2, $3, $4, 1, $4)", 4);
        _forgettable = new SqliteStatement(connection, "SELECT key FROM history WHERE keep_until <= $1 LIMIT $2", 2);
        _firstKept = new SqliteStatement(connection, "SELECT coalesce((SELECT reserved_at FROM history WHERE state = 5 ORDER BY reserved_at DESC LIMIT 1 OFFSET $1), -1)", 1);
        _tooMany = new SqliteStatement(connection, "SELECT key FROM history WHERE state = 5 AND reserved_at < $1 LIMIT $2", 2);
        _delete = new SqliteStatement(connection, "DELETE FROM history WHERE key = $1", 1);
    }

    public void Put(HistoryRow row, long keepUntil)
    {
        using SqliteDataReader put = _put.Read(
            row.Id.CallId.ToString("D"), row.Id.Attempt, row.Id.Owner, row.State, row.At, keepUntil, row.Call, row.Settlement, row.Refusal, row.Refused);
        if (!put.Read())
        {
            return;
        }

        long key = put.GetInt64(0);
        put.Close();
        _deleteLines.Execute(key);
        for (int i = 0; i < row.Accounts.Count; i++)
        {
            _insertLine.Execute(key, i, LedgerAccountName.Escape(row.Accounts[i].Key), row.Accounts[i].Value);
        }
    }

    /// <summary>Deletes a part of the outdated rows, and of refusals beyond the number that is kept. Returns true if there are more.</summary>
    public bool Forget(long now, int mostRefusals = HistoryRow.MostRefusals)
    {
        bool hasMore = Delete(_forgettable, now);
        if (now < _countAt)
        {
            return hasMore;
        }

        long first = _firstKept.Scalar(mostRefusals - 1);
        bool hasTooMany = first >= 0 && Delete(_tooMany, first);
        _countAt = hasTooMany ? now : LedgerTime.Add(now, CountEvery);
        return hasMore || hasTooMany;
    }

    public void Dispose()
    {
        foreach (SqliteStatement statement in new[] { _put, _deleteLines, _insertLine, _forgettable, _firstKept, _tooMany, _delete })
        {
            statement.Dispose();
        }
    }

    private bool Delete(SqliteStatement find, long limit)
    {
        var keys = new List<long>();
        using (SqliteDataReader row = find.Read(limit, ForgetAtOnce))
        {
            while (row.Read())
            {
                keys.Add(row.GetInt64(0));
            }
        }

        foreach (long key in keys)
        {
            _deleteLines.Execute(key);
            _delete.Execute(key);
        }

        return keys.Count == ForgetAtOnce;
    }
}
