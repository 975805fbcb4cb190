using System.Text.Json;
using Microsoft.Data.Sqlite;

namespace MeaiBudget;

/// <summary>Reads and writes the tables of the ledger. The rules are in <see cref="SqliteLedgerSession"/>.</summary>
internal sealed class SqliteLedgerTables : IDisposable
{
    /// <summary>The minimum time for which a closed reservation's id is kept, to recognize a repeated operation.</summary>
    public static readonly TimeSpan LeastKept = TimeSpan.FromHours(1);

    private const int ForgetAtOnce = 1000;
    private const string LineColumns = "position, account, period, first_period, reserved, taken, forget_after, charged";

    private readonly List<SqliteStatement> _statements = [];
    private readonly SqliteStatement _find;
    private readonly SqliteStatement _findAll;
    private readonly SqliteStatement _lines;
    private readonly SqliteStatement _expired;
    private readonly SqliteStatement _insertReservation;
    private readonly SqliteStatement _insertLine;
    private readonly SqliteStatement _close;
    private readonly SqliteStatement _renew;
    private readonly SqliteStatement _setCharged;
    private readonly SqliteStatement _period;
    private readonly SqliteStatement _periodsOfAccount;
    private readonly SqliteStatement _putPeriod;
    private readonly SqliteStatement _deletePeriod;
    private readonly SqliteStatement _granted;
    private readonly SqliteStatement _insertGrant;
    private readonly SqliteStatement _insertAdjustment;
    private readonly SqliteStatement _findAdjustment;
    private readonly SqliteStatement _accounts;
    private readonly SqliteStatement _forgetPeriods;
    private readonly SqliteStatement _forgettable;
    private readonly SqliteStatement _deleteLines;
    private readonly SqliteStatement _deleteReservation;

    public SqliteLedgerTables(SqliteConnection connection)
    {
        SqliteStatement Prepare(int parameters, string sql)
        {
            var statement = new SqliteStatement(connection, sql, parameters);
            _statements.Add(statement);
            return statement;
        }

        _find = Prepare(3, "SELECT key, state FROM reservations WHERE call_id = $1 AND attempt = $2 AND owner = $3");
        _findAll = Prepare(2, "SELECT owner FROM reservations WHERE call_id = $1 AND attempt = $2 AND state <> 3 ORDER BY owner");
        _lines = Prepare(1, $"SELECT {LineColumns} FROM lines WHERE reservation = $1 ORDER BY position");
        _expired = Prepare(2, "SELECT key, call_id, attempt, owner FROM reservations WHERE state = 0 AND lease_until <= $1 ORDER BY lease_until LIMIT $2");
        _insertReservation = Prepare(8, """
            INSERT INTO reservations (call_id, attempt, owner, state, reserved_at, lease_until, keep_until, call)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING key
            """);
        _insertLine = Prepare(9, $"INSERT INTO lines (reservation, {LineColumns}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)");
        _close = Prepare(5, """
            UPDATE reservations SET state = $2, closed_at = $3, keep_until = max(keep_until, $4), settlement = coalesce($5, settlement)
            WHERE key = $1
            """);
        _renew = Prepare(4, "UPDATE reservations SET lease_until = $4 WHERE call_id = $1 AND attempt = $2 AND owner = $3 AND state = 0");
        _setCharged = Prepare(3, "UPDATE lines SET charged = $3 WHERE reservation = $1 AND position = $2");
        _period = Prepare(2, "SELECT period, charged, unconfirmed, overrun, held, open, forget_after FROM periods WHERE account = $1 AND period = $2");
        _periodsOfAccount = Prepare(1, "SELECT period, charged, unconfirmed, overrun, held, open, forget_after FROM periods WHERE account = $1");
        _putPeriod = Prepare(8, """
            INSERT INTO periods (account, period, charged, unconfirmed, overrun, held, open, forget_after) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
            ON CONFLICT DO UPDATE SET charged = $3, unconfirmed = $4, overrun = $5, held = $6, open = $7, forget_after = $8
            """);
        _deletePeriod = Prepare(2, "DELETE FROM periods WHERE account = $1 AND period = $2");
        _granted = Prepare(2, "SELECT amount FROM grants WHERE account = $1 AND expires_at > $2");
        _insertGrant = Prepare(6, """
            INSERT INTO grants (id, account, amount, granted_at, expires_at, reason) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING
            """);
        _insertAdjustment = Prepare(7, """
            INSERT INTO adjustments (id, call_id, attempt, owner, amounts, adjusted_at, reason) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING
            """);
        _findAdjustment = Prepare(1, "SELECT count(*) FROM adjustments WHERE id = $1");
        _accounts = Prepare(1, "SELECT DISTINCT account FROM periods WHERE account >= $1 AND (charged <> 0 OR open <> 0) ORDER BY account");
        _forgetPeriods = Prepare(1, "DELETE FROM periods WHERE open = 0 AND forget_after <= $1");
        _forgettable = Prepare(2, "SELECT key FROM reservations WHERE state <> 0 AND keep_until <= $1 LIMIT $2");
        _deleteLines = Prepare(1, "DELETE FROM lines WHERE reservation = $1");
        _deleteReservation = Prepare(1, "DELETE FROM reservations WHERE key = $1");
    }

    public SqliteReservation? Find(LedgerReservationId id)
    {
        long key;
        SqliteReservationState state;
        using (SqliteDataReader row = _find.Read(Text(id.CallId), id.Attempt, id.Owner))
        {
            if (!row.Read())
            {
                return null;
            }

            key = row.GetInt64(0);
            state = (SqliteReservationState)row.GetInt32(1);
        }

        return new SqliteReservation(key, id, state, Lines(key));
    }

    /// <summary>Finds the owners of an attempt's reservations that were not released.</summary>
    public IReadOnlyList<LedgerReservationId> FindAll(Guid callId, int attempt)
    {
        var ids = new List<LedgerReservationId>();
        using SqliteDataReader row = _findAll.Read(Text(callId), attempt);
        while (row.Read())
        {
            ids.Add(new LedgerReservationId(callId, attempt, row.GetString(0)));
        }

        return ids;
    }

    public List<SqliteReservation> FindExpired(long now, int most)
    {
        var found = new List<SqliteReservation>();
        using (SqliteDataReader row = _expired.Read(now, most))
        {
            while (row.Read())
            {
                found.Add(new SqliteReservation(
                    row.GetInt64(0), new(Guid.ParseExact(row.GetString(1), "D"), row.GetInt32(2), row.GetString(3)), SqliteReservationState.Open, []));
            }
        }

        foreach (SqliteReservation reservation in found)
        {
            reservation.Lines.AddRange(Lines(reservation.Key));
        }

        return found;
    }

    public long InsertReservation(LedgerReservationId id, SqliteReservationState state, long at, long leaseUntil, long keepUntil, LedgerCallInfo? call) =>
        _insertReservation.Scalar(
            Text(id.CallId), id.Attempt, id.Owner, (int)state, at, leaseUntil, keepUntil,
            call is null ? null : JsonSerializer.Serialize(call, LedgerRecordJson.Default.LedgerCallInfo));

    public void InsertLine(long key, SqliteLine line) => _insertLine.Execute(
        key, line.Position, line.Account, line.Period, line.FirstPeriod, line.Reserved, !line.IsTaken ? 0 : line.Fits ? 1 : 2, line.ForgetAfter, line.Charged);

    public void Close(long key, SqliteReservationState state, long now, LedgerSettlementInfo? info) => _close.Execute(
        key, (int)state, now, LedgerTime.Add(now, LeastKept), info is null ? null : JsonSerializer.Serialize(LedgerRecordedSettlement.From(info), LedgerRecordJson.Default.LedgerRecordedSettlement));

    public bool Renew(LedgerReservationId id, long leaseUntil) => _renew.Execute(Text(id.CallId), id.Attempt, id.Owner, leaseUntil) > 0;

    public void Delete(long key)
    {
        _deleteLines.Execute(key);
        _deleteReservation.Execute(key);
    }

    public void SetCharged(long key, int position, long charged) => _setCharged.Execute(key, position, charged);

    public SqlitePeriod Get(string account, long period)
    {
        using SqliteDataReader row = _period.Read(account, period);
        return row.Read() ? Period(row) : default;
    }

    /// <summary>Stores a period, or deletes it if it is empty, to save space.</summary>
    public void Put(string account, long period, in SqlitePeriod row)
    {
        if (row.IsEmpty)
        {
            _deletePeriod.Execute(account, period);
            return;
        }

        _putPeriod.Execute(account, period, row.Charged, row.Unconfirmed, row.Overrun, row.Held, row.Open, row.ForgetAfter);
    }

    /// <summary>Adds up an account's periods: one period for a calendar budget, a range and all open reservations for a rolling one.</summary>
    public LedgerLineState Sum(string account, long firstPeriod, long lastPeriod, long now, out SqlitePeriod last)
    {
        last = default;

        // A process whose clock is ahead charges later periods. A range includes as many of them as it is long.
        long lastThatCounts = SaturatingMath.Add(lastPeriod, lastPeriod - firstPeriod);
        long charged = 0, held = 0, unconfirmed = 0, overrun = 0;
        using (SqliteDataReader row = firstPeriod == lastPeriod ? _period.Read(account, lastPeriod) : _periodsOfAccount.Read(account))
        {
            while (row.Read())
            {
                long index = row.GetInt64(0);
                SqlitePeriod period = Period(row);
                held = SaturatingMath.Add(held, period.Held);
                if (index >= firstPeriod && index <= lastThatCounts)
                {
                    charged = SaturatingMath.Add(charged, period.Charged);
                    unconfirmed = SaturatingMath.Add(unconfirmed, period.Unconfirmed);
                    overrun = SaturatingMath.Add(overrun, period.Overrun);
                }

                if (index == lastPeriod)
                {
                    last = period;
                }
            }
        }

        long granted = 0;
        using (SqliteDataReader row = _granted.Read(account, now))
        {
            while (row.Read())
            {
                granted = SaturatingMath.Add(granted, row.GetInt64(0));
            }
        }

        return new LedgerLineState(charged, held, unconfirmed, overrun, granted, true);
    }

    public IReadOnlyList<string> ListAccounts(string prefix)
    {
        var names = new List<string>();
        string escaped = prefix.Length == 0 ? "" : LedgerAccountName.Escape(prefix);
        using SqliteDataReader row = _accounts.Read(escaped);
        while (row.Read())
        {
            string account = row.GetString(0);
            if (!account.StartsWith(escaped, StringComparison.Ordinal))
            {
                break;
            }

            names.Add(LedgerAccountName.Unescape(account));
        }

        return names;
    }

    public bool InsertGrant(LedgerGrant grant, long now) => _insertGrant.Execute(
        Text(grant.Id), LedgerAccountName.Escape(grant.Account), grant.Amount, now, grant.ExpiresAt.UtcTicks, grant.Reason) > 0;

    public bool HasAdjustment(Guid id) => _findAdjustment.Scalar(Text(id)) > 0;

    public bool InsertAdjustment(LedgerAdjustment adjustment, long now) => _insertAdjustment.Execute(
        Text(adjustment.Id), Text(adjustment.Reservation.CallId), adjustment.Reservation.Attempt, LedgerAdjustments.Owner(adjustment),
        JsonSerializer.Serialize(adjustment.Amounts, LedgerRecordJson.Default.IReadOnlyListInt64), now, adjustment.Reason) > 0;

    /// <summary>Deletes a part of the outdated rows. Returns true if there are more.</summary>
    public bool Forget(long now)
    {
        _forgetPeriods.Execute(now);
        var keys = new List<long>();
        using (SqliteDataReader row = _forgettable.Read(now, ForgetAtOnce))
        {
            while (row.Read())
            {
                keys.Add(row.GetInt64(0));
            }
        }

        keys.ForEach(Delete);

        return keys.Count == ForgetAtOnce;
    }

    public void Dispose()
    {
        foreach (SqliteStatement statement in _statements)
        {
            statement.Dispose();
        }
    }

    private static string Text(Guid id) => id.ToString("D");

    private static SqlitePeriod Period(SqliteDataReader row) => new()
    {
        Charged = row.GetInt64(1),
        Unconfirmed = row.GetInt64(2),
        Overrun = row.GetInt64(3),
        Held = row.GetInt64(4),
        Open = row.GetInt64(5),
        ForgetAfter = row.GetInt64(6),
    };

    private List<SqliteLine> Lines(long key)
    {
        var lines = new List<SqliteLine>();
        using SqliteDataReader row = _lines.Read(key);
        while (row.Read())
        {
            lines.Add(new SqliteLine(
                row.GetInt32(0), row.GetString(1), row.GetInt64(2), row.GetInt64(3), row.GetInt64(4),
                row.GetInt64(5) != 0, row.GetInt64(5) == 1, row.GetInt64(6), row.GetInt64(7)));
        }

        return lines;
    }
}
