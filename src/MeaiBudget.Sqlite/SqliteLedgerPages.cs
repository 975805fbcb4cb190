using Microsoft.Data.Sqlite;

namespace MeaiBudget;

/// <summary>Reads the accounts of a prefix a page at a time, with one statement over the primary key of the periods.</summary>
internal sealed class SqliteLedgerPages : IDisposable
{
    private readonly SqliteLedgerTables _tables;
    private readonly SqliteStatement _calendar;
    private readonly SqliteStatement _calendarBySpend;
    private readonly SqliteStatement _rolling;

    public SqliteLedgerPages(SqliteConnection connection, SqliteLedgerTables tables)
    {
        _tables = tables;
        _calendar = new SqliteStatement(
            connection, "SELECT account, charged, held FROM periods WHERE account >= $1 AND period = $2 AND (charged <> 0 OR held <> 0) ORDER BY account", 2);
        _calendarBySpend = new SqliteStatement(
            connection,
            """
            SELECT account FROM periods
            WHERE account >= $1 AND account < $2 AND period = $3 AND (charged <> 0 OR held <> 0) AND (charged < $4 OR (charged = $4 AND account > $5))
            ORDER BY charged DESC, account LIMIT $6
            """,
            6);
        _rolling = new SqliteStatement(connection, "SELECT DISTINCT account FROM periods WHERE account >= $1 AND (charged <> 0 OR held <> 0) ORDER BY account", 1);
    }

    /// <summary>Finds the accounts of the page by their charges, then reads their whole state.</summary>
    public KeyValuePair<string, LedgerLineState>[] Read(
        LedgerAccountQuery accounts, string contains, bool isByCharged, KeyValuePair<string, LedgerLineState>? after, int count, long now)
    {
        string prefix = accounts.Account.Length == 0 ? "" : LedgerAccountName.Escape(accounts.Account);
        bool isCalendar = accounts.FirstPeriod == accounts.Period;
        if (isByCharged && isCalendar && contains.Length == 0)
        {
            return ReadBySpend(accounts, prefix, after, count, now);
        }

        string from = !isByCharged && after is { } last ? LedgerAccountName.Escape(last.Key) : prefix;
        var page = new LedgerPage(accounts, contains, isByCharged, after, count) { Comparer = LedgerAccountName.Compare };
        int found = 0;
        var rolling = new List<string>();
        using (SqliteDataReader row = isCalendar ? _calendar.Read(from, accounts.Period) : _rolling.Read(from))
        {
            while ((isByCharged || found < count) && row.Read())
            {
                string escaped = row.GetString(0);
                if (!escaped.StartsWith(prefix, StringComparison.Ordinal))
                {
                    break;
                }

                string account = LedgerAccountName.Unescape(escaped);
                if (!page.CanHold(account))
                {
                    continue;
                }

                if (isCalendar)
                {
                    found += page.Add(account, new LedgerLineState(row.GetInt64(1), row.GetInt64(2), 0, 0, 0, true)) ? 1 : 0;
                }
                else
                {
                    rolling.Add(account);
                }
            }
        }

        foreach (string account in rolling)
        {
            if (!isByCharged && found >= count)
            {
                break;
            }

            found += page.Add(account, Sum(account)) ? 1 : 0;
        }

        return [.. page.ToList().Select(one => KeyValuePair.Create(one.Key, Sum(one.Key)))];

        LedgerLineState Sum(string account) => _tables.Sum(LedgerAccountName.Escape(account), accounts.FirstPeriod, accounts.Period, now, out _);
    }

    /// <summary>Lets the database keep the first accounts, so that only their names are read. All accounts of the prefix are looked at.</summary>
    private KeyValuePair<string, LedgerLineState>[] ReadBySpend(LedgerAccountQuery accounts, string prefix, KeyValuePair<string, LedgerLineState>? after, int count, long now)
    {
        // Every text is less than a blob.
        object end = LedgerAccountName.EndOfPrefix(prefix, int.MaxValue) ?? (object)Array.Empty<byte>();
        var found = new List<string>();
        using (SqliteDataReader row = _calendarBySpend.Read(
            prefix, end, accounts.Period, after?.Value.Charged ?? long.MaxValue, after is { } last ? LedgerAccountName.Escape(last.Key) : "", count))
        {
            while (row.Read())
            {
                found.Add(row.GetString(0));
            }
        }

        return [.. found.Select(account => KeyValuePair.Create(LedgerAccountName.Unescape(account), _tables.Sum(account, accounts.FirstPeriod, accounts.Period, now, out _)))];
    }

    public void Dispose()
    {
        _calendar.Dispose();
        _calendarBySpend.Dispose();
        _rolling.Dispose();
    }
}
