using Npgsql;

namespace MeaiBudget;

/// <content>The history.</content>
public sealed partial class PostgreSqlSpendLedger
{
    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<SpendRecord>> QueryAsync(SpendQuery query, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(query);
        query.Validate();
        var sql = new SpendHistorySql(query, _hasHistory, _options.Schema, _ledger);
        string text = sql.Sums();
        List<SpendRow> rows = await ReadAfterSweepAsync(
            command => command.With(sql.Parameters),
            text,
            async (row, token) =>
            {
                var found = new List<SpendRow>();
                while (await row.ReadAsync(token))
                {
                    found.Add(sql.Row(row.GetString, i => row.IsDBNull(i) ? 0 : row.GetInt64(i)));
                }

                return found;
            },
            cancellationToken);
        return SpendSums.Of(query, rows);
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<SpendRecord>> ReadCallsAsync(SpendQuery query, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(query);
        query.Validate();
        var sql = new SpendHistorySql(query, _hasHistory, _options.Schema, _ledger);
        string text = sql.Calls("r.names AS names, r.reserved AS reserved, r.charged AS charged, r.taken AS taken");
        return await ReadAfterSweepAsync<IReadOnlyList<SpendRecord>>(
            command => command.With(sql.Parameters),
            text,
            async (row, token) =>
            {
                var records = new List<SpendRecord>();
                while (await row.ReadAsync(token))
                {
                    int state = row.GetInt16(3);
                    string[] names = row.GetFieldValue<string[]>(9);
                    long[] amounts = row.GetFieldValue<long[]>(state == 0 ? 10 : 11);
                    short[] taken = row.GetFieldValue<short[]>(12);
                    var accounts = new List<KeyValuePair<string, long>>();
                    for (int i = 0; i < names.Length; i++)
                    {
                        if (taken[i] != 0)
                        {
                            accounts.Add(KeyValuePair.Create(LedgerAccountName.Unescape(names[i]), amounts[i]));
                        }
                    }

                    records.Add(SpendHistorySql.Record(
                        row.GetGuid(0).ToString("D"), row.GetInt32(1), row.GetString(2), LedgerAccountName.Unescape(row.GetString(2)), state, row.GetInt64(4), row.GetString(5),
                        row.IsDBNull(6) ? null : row.GetString(6), row.IsDBNull(7) ? null : row.GetString(7), row.GetInt64(8), accounts));
                }

                return records;
            },
            cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask WriteAsync(IReadOnlyList<SpendRecord> records, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(records);
        if (!_hasHistory)
        {
            throw new NotSupportedException($"The schema of the ledger '{Name}' has an older version without records of other ledgers. Run `meaibudget ledger migrate`.");
        }

        // One of several records with one id, the settled one first; in one order, so that two processes that write the same do not block each other.
        HistoryRow[] rows = [.. records.Select(HistoryRow.Of).GroupBy(row => row.Id).Select(same => same.LastOrDefault(row => row.State == 1) ?? same.Last())
            .OrderBy(row => row.Id.CallId).ThenBy(row => row.Id.Attempt).ThenBy(row => row.Id.Owner, StringComparer.Ordinal)];
        if (rows.Length == 0)
        {
            return;
        }

        int[] places = [.. rows.SelectMany((row, i) => Enumerable.Repeat(i + 1, row.Accounts.Count))];
        await ReadAfterSweepAsync(
            command => command.With(_ledger)
                .With([.. rows.Select(row => row.Id.CallId)])
                .With([.. rows.Select(row => row.Id.Attempt)])
                .With([.. rows.Select(row => (string?)LedgerAccountName.Escape(row.Id.Owner))])
                .With([.. rows.Select(row => (short)row.State)])
                .With([.. rows.Select(row => row.At)])
                .With([.. rows.Select(row => _options.RecordRetention is { } retention ? LedgerTime.Add(row.At, retention) : DateTime.MaxValue.Ticks)])
                .With([.. rows.Select(row => (string?)PostgreSqlText.StorableJson(row.Call))])
                .With([.. rows.Select(row => row.Settlement is null ? null : PostgreSqlText.StorableJson(row.Settlement))])
                .With([.. rows.Select(row => row.Refusal is null ? null : PostgreSqlText.StorableJson(row.Refusal))])
                .With([.. rows.Select(row => row.Refused)])
                .With(places)
                .With([.. rows.SelectMany(row => row.Accounts).Select(account => (string?)LedgerAccountName.Escape(account.Key))])
                .With([.. rows.SelectMany(row => row.Accounts).Select(account => account.Value)]),
            $"""
            INSERT INTO {_options.Schema}.history AS h (ledger, call_id, attempt, owner, state, reserved_at, keep_until, call, settlement, refusal, refused, names, reserved, taken, charged)
            SELECT $1, r.call_id, r.attempt, r.owner, r.state, r.at, r.keep, r.call::jsonb, r.settlement::jsonb, r.refusal::jsonb, r.refused,
                coalesce(l.names, ARRAY[]::text[]), coalesce(l.amounts, ARRAY[]::bigint[]), coalesce(l.taken, ARRAY[]::smallint[]), coalesce(l.amounts, ARRAY[]::bigint[])
            FROM unnest($2, $3, $4, $5, $6, $7, $8, $9, $10, $11) WITH ORDINALITY r(call_id, attempt, owner, state, at, keep, call, settlement, refusal, refused, place)
            LEFT JOIN (
                SELECT a.place, array_agg(a.name ORDER BY a.line) AS names, array_agg(a.amount ORDER BY a.line) AS amounts, array_agg(1::smallint) AS taken
                FROM unnest($12, $13, $14) WITH ORDINALITY a(place, name, amount, line) GROUP BY a.place) l ON l.place = r.place
            ORDER BY r.place
            ON CONFLICT (ledger, call_id, attempt, owner) DO UPDATE SET
                state = excluded.state, reserved_at = excluded.reserved_at, keep_until = excluded.keep_until, call = excluded.call, settlement = excluded.settlement,
                refusal = excluded.refusal, refused = excluded.refused, names = excluded.names, reserved = excluded.reserved, taken = excluded.taken, charged = excluded.charged
            WHERE h.state <> 1 OR excluded.state = 1
            """,
            static (_, _) => Task.FromResult(true),
            cancellationToken);
    }
}
