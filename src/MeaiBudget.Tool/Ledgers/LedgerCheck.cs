namespace MeaiBudget.Tool;

/// <summary>Finds what does not add up in a ledger, and says what it means.</summary>
internal static class LedgerCheck
{
    /// <summary>Returns a line for each problem, at most 100 of each kind.</summary>
    public static async Task<IReadOnlyList<string>> FindAsync(LedgerDatabase database, long nowTicks, CancellationToken cancellationToken)
    {
        var problems = new List<string>();
        string lines = database.IsPostgreSql
            ? $"{database.Schema}reservations r CROSS JOIN LATERAL unnest(r.accounts, r.periods, r.reserved, r.charged, r.taken) l(account, period, reserved, charged, taken)"
            : "lines l JOIN reservations r ON r.key = l.reservation";
        string name = database.IsPostgreSql ? $"coalesce((SELECT a.name FROM {database.Schema}accounts a WHERE a.ledger = p.ledger AND a.id = p.account), p.account::text)" : "p.account";

        // What open reservations hold is stored twice: in them, and as the sum of the account.
        problems.AddRange(await database.ReadAsync(
            $"""
            SELECT {name}, p.period, p.held, p.open, coalesce(s.held, 0), coalesce(s.open, 0) FROM {database.Schema}periods p
            LEFT JOIN (
                SELECT l.account AS account, l.period AS period, CAST(sum(CASE WHEN l.taken <> 0 THEN l.reserved ELSE 0 END) AS BIGINT) AS held, count(*) AS open
                FROM {lines} WHERE {database.OfLedger("r")} AND r.state = 0 GROUP BY l.account, l.period) s ON s.account = p.account AND s.period = p.period
            WHERE {database.OfLedger("p")} AND (p.held <> coalesce(s.held, 0) OR p.open <> coalesce(s.open, 0)) ORDER BY 1, 2 LIMIT 100
            """,
            row => $"The account '{row.GetString(0)}', period {row.GetInt64(1)}, holds {row.GetInt64(2)} for {row.GetInt64(3)} reservations, but its open reservations hold {row.GetInt64(4)} for {row.GetInt64(5)}. The difference blocks or lends budget until the period ends.",
            cancellationToken));

        // The charges that are still stored can be fewer than the sum, since settled reservations are forgotten. They cannot be more, but for
        // what adjustments took from the account.
        string owner = $"'account ' || p.period || ' ' || {(database.IsPostgreSql ? name : "p.account")}";
        string adjusted = database.IsPostgreSql
            ? $"(SELECT sum(j.amounts[1]) FROM {database.Schema}adjustments j WHERE {database.OfLedger("j")} AND j.call_id = j.id AND j.owner = {owner} AND j.amounts[1] < 0)"
            : $"(SELECT sum(j.amounts ->> 0) FROM adjustments j WHERE j.call_id = j.id AND j.owner = {owner} AND j.amounts ->> 0 < 0)";
        problems.AddRange(await database.ReadAsync(
            $"""
            SELECT {name}, p.period, p.charged, s.charged FROM {database.Schema}periods p
            JOIN (
                SELECT l.account AS account, l.period AS period, sum(l.charged) AS charged
                FROM {lines} WHERE {database.OfLedger("r")} AND r.state IN (1, 2, 4) AND l.taken <> 0 GROUP BY l.account, l.period) s ON s.account = p.account AND s.period = p.period
            WHERE {database.OfLedger("p")} AND p.charged < s.charged AND p.charged < s.charged + coalesce({adjusted}, 0) ORDER BY 1, 2 LIMIT 100
            """,
            row => $"The account '{row.GetString(0)}', period {row.GetInt64(1)}, was charged {row.GetInt64(2)}, but its settled reservations were charged {row.GetValue(3)}. Its budget counts less than was spent.",
            cancellationToken));
        problems.AddRange(await database.ReadAsync(
            $"SELECT {name}, p.period, p.charged, p.held, p.overrun FROM {database.Schema}periods p WHERE {database.OfLedger("p")} AND (p.charged < 0 OR p.held < 0 OR p.overrun < 0 OR p.open < 0) ORDER BY 1, 2 LIMIT 100",
            row => $"The account '{row.GetString(0)}', period {row.GetInt64(1)}, has a negative amount: charged {row.GetInt64(2)}, held {row.GetInt64(3)}, overrun {row.GetInt64(4)}. Another program may have changed the table.",
            cancellationToken));

        long ended = await database.NumberAsync(
            $"SELECT count(*) FROM {database.Schema}reservations r WHERE {database.OfLedger("r")} AND r.state = 0 AND r.lease_until < $1", cancellationToken, nowTicks - TimeSpan.TicksPerDay);
        if (ended > 0)
        {
            problems.Add($"{ended} open reservations have a lease that ended more than a day ago. They still count as held, and the next operation of an application on this ledger charges them.");
        }

        if (!database.IsPostgreSql)
        {
            long orphans = await database.NumberAsync("SELECT count(*) FROM lines l WHERE NOT EXISTS (SELECT 1 FROM reservations r WHERE r.key = l.reservation)", cancellationToken);
            if (orphans > 0)
            {
                problems.Add($"{orphans} lines belong to no reservation. They count nowhere; another program may have changed the table.");
            }

            problems.AddRange((await database.ReadAsync("PRAGMA integrity_check", row => row.GetString(0), cancellationToken))
                .Where(answer => answer != "ok").Take(100).Select(answer => $"The file is damaged: {answer}. Restore a back-up, or recover it with `sqlite3 FILE .recover`."));
        }

        return problems;
    }
}
