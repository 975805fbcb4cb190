using Npgsql;

namespace MeaiBudget;

/// <content>Pages of accounts, settings, the reservations of an attempt, and adjustments of accounts.</content>
public sealed partial class PostgreSqlSpendLedger
{
    /// <summary>How many characters of an account's name are in its index. More might not fit.</summary>
    private const int IndexedCharacters = 500;

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<LedgerReservationId>> FindAllAsync(Guid callId, int attempt, CancellationToken cancellationToken = default) =>
        new(ReadAfterSweepAsync<IReadOnlyList<LedgerReservationId>>(
            command => command.With(_ledger).With(callId).With(attempt),
            $"SELECT owner FROM {_options.Schema}.reservations WHERE ledger = $1 AND call_id = $2 AND attempt = $3 AND state <> 3 ORDER BY owner COLLATE \"C\"",
            async (row, token) =>
            {
                var ids = new List<LedgerReservationId>();
                while (await row.ReadAsync(token))
                {
                    ids.Add(new LedgerReservationId(callId, attempt, LedgerAccountName.Unescape(row.GetString(0))));
                }

                return ids;
            },
            cancellationToken));

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
        string? end = isByCharged ? null : LedgerAccountName.EndOfPrefix(prefix, IndexedCharacters);
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
            PageSql(accounts.FirstPeriod == accounts.Period, isByCharged, after is not null, end is not null),
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
            cancellationToken);
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

    /// <inheritdoc/>
    public async ValueTask<(long Version, IReadOnlyDictionary<string, string> Settings)> ReadSettingsAsync(CancellationToken cancellationToken = default) =>
        await ReadAfterSweepAsync<(long, IReadOnlyDictionary<string, string>)>(
            command => command.With(_ledger),
            $"""
            SELECT coalesce(v.version, 0), s.name, s.value
            FROM (SELECT max(w.version) AS version FROM {_options.Schema}.settings_versions w WHERE w.ledger = $1) v
            LEFT JOIN {_options.Schema}.settings s ON s.ledger = $1
            """,
            async (row, token) =>
            {
                long version = 0;
                var settings = new Dictionary<string, string>(StringComparer.Ordinal);
                while (await row.ReadAsync(token))
                {
                    version = row.GetInt64(0);
                    if (!row.IsDBNull(1))
                    {
                        settings.Add(LedgerAccountName.Unescape(row.GetString(1)), LedgerAccountName.Unescape(row.GetString(2)));
                    }
                }

                return (version, settings);
            },
            cancellationToken);

    /// <inheritdoc/>
    public async ValueTask<long> WriteSettingAsync(string name, string? value, CancellationToken cancellationToken = default)
    {
        LedgerSettingRules.Check(name, value);
        string escaped = LedgerAccountName.Escape(name);
        (long version, long count) = await ReadAfterSweepAsync(
            command => command.With(_ledger).With(escaped).With([value is null ? null : LedgerAccountName.Escape(value)]).With((long)LedgerSettingRules.MostSettings),
            $"SELECT o_version, o_count FROM {_options.Schema}.write_setting_1($1, $2, $3, $4)",
            async (row, token) => await row.ReadAsync(token) ? (row.GetInt64(0), row.GetInt64(1)) : (0L, 0L),
            cancellationToken);
        LedgerSettingRules.CheckCount(count, name);
        return version;
    }

    private async ValueTask<LedgerSettlementResult> AdjustAccountAsync(LedgerAdjustment adjustment, LedgerAccountQuery query, CancellationToken cancellationToken)
    {
        if (!_adjustsAccounts)
        {
            throw new NotSupportedException(
                $"The tables of the spend ledger '{Name}' have an older version, which cannot adjust accounts. Run `meaibudget ledger migrate` as a user who may create tables, and open the ledger again.");
        }

        Guid account = PostgreSqlText.Key(LedgerAccountName.Escape(query.Account));
        long sequence = _writer.NextSequence();
        LedgerSettlementResult result = await ReadAfterSweepAsync(
            command => command.With(_ledger).With(_connection.Now).With(_instance).With(sequence).With(adjustment.Id).With(LedgerAdjustments.Owner(adjustment))
                .With(account).With(query.Period).With(adjustment.Amounts[0]).With(PostgreSqlText.Storable(adjustment.Reason)),
            $"SELECT * FROM {_options.Schema}.adjust_account_1($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
            async (row, token) =>
            {
                await row.ReadAsync(token);
                int status = row.GetInt16(0);
                return status == 2
                    ? new LedgerSettlementResult(false, [], []) { IsUnknown = true }
                    : new LedgerSettlementResult(
                        status == 1,
                        [new LedgerLineState(row.GetInt64(2), row.GetInt64(3), row.GetInt64(4), row.GetInt64(5), row.GetInt64(1), true)],
                        [new LedgerLineState(row.GetInt64(6), row.GetInt64(3), row.GetInt64(7), row.GetInt64(8), row.GetInt64(1), true)]);
            },
            cancellationToken);
        _changes.Changed(Waiters(account));
        return result;
    }
}
