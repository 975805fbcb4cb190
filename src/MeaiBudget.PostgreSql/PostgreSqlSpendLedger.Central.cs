using Npgsql;

namespace MeaiBudget;

/// <content>Settings, the reservations of an attempt, and adjustments of accounts.</content>
public sealed partial class PostgreSqlSpendLedger
{
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
            $"""
            SELECT w.o_version, CASE WHEN w.o_count >= m.most THEN w.o_count ELSE 0 END
            FROM (SELECT CASE WHEN ($3::text[])[1] IS NULL OR EXISTS (SELECT 1 FROM {_options.Schema}.settings s WHERE s.ledger = $1 AND s.name = $2)
                  THEN {long.MaxValue} ELSE $4 END AS most) m,
                LATERAL {_options.Schema}.write_setting_1($1, $2, $3, m.most) w
            """,
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
