using System.Globalization;
using System.Numerics;

namespace MeaiBudget;

/// <content>Pages of accounts.</content>
public sealed partial class PostgreSqlSpendLedger
{
    /// <summary>How many characters of an account's name are in its index. More might not fit.</summary>
    private const int IndexedCharacters = 500;

    /// <summary>If a page's filter finds fewer accounts than these, their sums are read, and otherwise the sums in their order.</summary>
    private const int FewAccounts = 2000;

    /// <summary>The order of an index is worth more than the planner believes, which does not know how few rows fill a page.</summary>
    private static readonly string[] ReadsInOrder =
        ["SET LOCAL enable_seqscan = off", "SET LOCAL enable_bitmapscan = off", "SET LOCAL enable_hashjoin = off", "SET LOCAL enable_mergejoin = off", "SET LOCAL enable_sort = off", "SET LOCAL jit = off"];

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<KeyValuePair<string, LedgerLineState>>> ReadPageAsync(
        LedgerAccountQuery accounts,
        string contains,
        bool isByCharged,
        KeyValuePair<string, LedgerLineState>? after,
        int count,
        CancellationToken cancellationToken = default)
    {
        LedgerPage.Validate(accounts, contains, count);
        string prefix = accounts.Account.Length == 0 ? "" : LedgerAccountName.Escape(accounts.Account);
        string last = after is { } one ? LedgerAccountName.Escape(one.Key) : "";
        bool isCalendar = accounts.FirstPeriod == accounts.Period;
        bool isBySize = isByCharged && isCalendar && _hasSizes;
        string? end = isByCharged && !isBySize ? null : LedgerAccountName.EndOfPrefix(prefix, IndexedCharacters);
        return await ReadAfterSweepAsync<IReadOnlyList<KeyValuePair<string, LedgerLineState>>>(
            command =>
            {
                command.With(_ledger).With(accounts.FirstPeriod).With(accounts.Period).With(_connection.Now).With(prefix)
                    .With(contains.Length == 0 ? "" : LedgerAccountName.Escape(contains)).With(last).With(after?.Value.Charged ?? 0L).With((long)count);
                if (end is not null)
                {
                    command.With(end);
                }
            },
            isBySize ? PageBySizeSql(after, end is not null) : PageSql(isCalendar, isByCharged, after is not null, end is not null),
            async (row, token) =>
            {
                var page = new List<KeyValuePair<string, LedgerLineState>>();
                while (await row.ReadAsync(token))
                {
                    page.Add(KeyValuePair.Create(
                        LedgerAccountName.Unescape(row.GetString(0)),
                        new LedgerLineState(row.GetInt64(1), row.GetInt64(2), row.GetInt64(3), row.GetInt64(4), row.GetInt64(5), true)));
                }

                return page;
            },
            cancellationToken,
            isBySize ? ReadsInOrder : null);
    }

    /// <summary>
    /// By spend, in the order of the index on the periods' sizes: rows of one size are sorted, and their names are read, until the page is
    /// full. If only few accounts of the ledger have such a name, the sums of these are read and sorted instead.
    /// </summary>
    private string PageBySizeSql(KeyValuePair<string, LedgerLineState>? after, bool hasEnd)
    {
        string start = $"substr(a.name, 1, {IndexedCharacters}) COLLATE \"C\"";
        string Follows(string sums, string name) => after is null ? "" : $"AND ({sums}.charged < $8 OR ({sums}.charged = $8 AND {name} COLLATE \"C\" > $7))";
        return $"""
            WITH few AS MATERIALIZED (
                SELECT a.id, a.name FROM {_options.Schema}.accounts a
                WHERE a.ledger = $1 AND {start} >= substr($5, 1, {IndexedCharacters}) {(hasEnd ? $"AND {start} < $10" : "")}
                    AND starts_with(a.name, $5) AND strpos(substr(a.name, char_length($5) + 1), $6) > 0 LIMIT {FewAccounts}),
            page AS MATERIALIZED (
                (SELECT a.id, a.name, p.charged, p.held, p.unconfirmed, p.overrun
                FROM few a
                CROSS JOIN LATERAL (
                    SELECT x.* FROM {_options.Schema}.periods x WHERE x.account = a.id AND x.period = $3 AND x.ledger IS NOT DISTINCT FROM $1 OFFSET 0) p
                WHERE (SELECT count(*) FROM few) < {FewAccounts} AND (p.charged <> 0 OR p.held <> 0) {Follows("p", "a.name")}
                ORDER BY p.charged DESC, a.name COLLATE "C" LIMIT $9)
                UNION ALL
                (SELECT a.id, a.name, s.charged, s.held, s.unconfirmed, s.overrun
                FROM (
                    SELECT p.account, p.size, p.charged, p.held, p.unconfirmed, p.overrun FROM {_options.Schema}.periods p
                    WHERE p.ledger + 0 = $1 AND p.period + 0 = $3 AND (p.charged <> 0 OR p.held <> 0) AND (SELECT count(*) FROM few) >= {FewAccounts}
                        {(after is { } one ? string.Create(CultureInfo.InvariantCulture, $"AND p.size <= {SizeOf(one.Value.Charged)} AND p.charged <= $8") : "")}
                    ORDER BY p.size DESC, p.charged DESC OFFSET 0) s
                CROSS JOIN LATERAL (SELECT b.id, b.name FROM {_options.Schema}.accounts b WHERE b.id = s.account AND b.ledger IS NOT DISTINCT FROM $1 OFFSET 0) a
                WHERE starts_with(a.name, $5) AND strpos(substr(a.name, char_length($5) + 1), $6) > 0 {Follows("s", "a.name")}
                ORDER BY s.size DESC, s.charged DESC, a.name COLLATE "C" LIMIT $9))
            SELECT q.name, q.charged, q.held, q.unconfirmed, q.overrun,
                (SELECT least(coalesce(sum(m.amount), 0), 9223372036854775807)::bigint FROM {_options.Schema}.grants m
                    WHERE m.account = q.id AND m.ledger IS NOT DISTINCT FROM $1 AND m.expires_at > coalesce($4, {_options.Schema}.ticks()))
            FROM page q WHERE $2 <= $3 AND $7 IS NOT NULL AND $8 IS NOT NULL
            ORDER BY q.charged DESC, q.name COLLATE "C"
            """;
    }

    /// <summary>Returns the size that version 6 of the tables keeps for a charge: two steps from one power of two to the next.</summary>
    internal static int SizeOf(long charged)
    {
        if (charged <= 1)
        {
            return charged == 1 ? 1 : 0;
        }

        int power = BitOperations.Log2((ulong)charged);
        return (power * 2) + (int)((charged >> (power - 1)) & 1);
    }

    /// <summary>
    /// By name, accounts are read in the order of the index on the beginning of their names until the page is full. By spend, the sums of all
    /// are sorted, and names are read until the page is full.
    /// </summary>
    private string PageSql(bool isCalendar, bool isByCharged, bool isAfter, bool hasEnd)
    {
        string counts = isCalendar ? "" : "FILTER (WHERE p.period >= $2 AND p.period <= $3 * 2::numeric - $2)";
        string sums = $"""
            least(coalesce(sum(p.charged) {counts}, 0), 9223372036854775807)::bigint AS charged,
            least(coalesce(sum(p.held), 0), 9223372036854775807)::bigint AS held,
            least(coalesce(sum(p.unconfirmed) {counts}, 0), 9223372036854775807)::bigint AS unconfirmed,
            least(coalesce(sum(p.overrun) {counts}, 0), 9223372036854775807)::bigint AS overrun
            """;
        string start = $"substr(a.name, 1, {IndexedCharacters}) COLLATE \"C\"";
        string ofPeriods = isCalendar ? "AND p.period = $3" : "";
        string from = (isByCharged, isCalendar) switch
        {
            (false, _) => $"""
                {_options.Schema}.accounts a
                CROSS JOIN LATERAL (SELECT {sums} FROM {_options.Schema}.periods p WHERE p.ledger = $1 AND p.account = a.id {ofPeriods}) s
                WHERE a.ledger = $1 AND {start} >= substr({(isAfter ? "$7" : "$5")}, 1, {IndexedCharacters}) {(hasEnd ? $"AND {start} < $10" : "")}
                    {(isAfter ? "AND a.name COLLATE \"C\" > $7" : "")}
                """,
            (true, true) => $"""
                (SELECT p.account, p.charged, p.held, p.unconfirmed, p.overrun FROM {_options.Schema}.periods p
                    WHERE p.ledger = $1 AND p.period = $3 AND (p.charged <> 0 OR p.held <> 0) {(isAfter ? "AND p.charged <= $8" : "")}
                    ORDER BY p.charged DESC OFFSET 0) s
                CROSS JOIN LATERAL (SELECT b.id, b.name FROM {_options.Schema}.accounts b WHERE b.ledger = $1 AND b.id = s.account OFFSET 0) a
                WHERE true
                """,
            _ => $"""
                (SELECT p.account, {sums} FROM {_options.Schema}.periods p WHERE p.ledger = $1 GROUP BY p.account) s
                JOIN {_options.Schema}.accounts a ON a.ledger = $1 AND a.id = s.account
                WHERE true
                """,
        };
        return $"""
            SELECT a.name, s.charged, s.held, s.unconfirmed, s.overrun,
                (SELECT least(coalesce(sum(m.amount), 0), 9223372036854775807)::bigint FROM {_options.Schema}.grants m
                    WHERE m.ledger = $1 AND m.account = a.id AND m.expires_at > coalesce($4, {_options.Schema}.ticks()))
            FROM {from}
                AND (s.charged <> 0 OR s.held <> 0) AND $2 <= $3 AND $7 IS NOT NULL AND $8 IS NOT NULL
                AND starts_with(a.name, $5) AND strpos(substr(a.name, char_length($5) + 1), $6) > 0
                {(isByCharged && isAfter ? "AND (s.charged < $8 OR (s.charged = $8 AND a.name COLLATE \"C\" > $7))" : "")}
            ORDER BY {(isByCharged ? "s.charged DESC" : start)}, a.name COLLATE "C" LIMIT $9
            """;
    }
}
