using Npgsql;

namespace MeaiBudget;

/// <content>What is read: sums of accounts, charges, names and the time of the server.</content>
public sealed partial class PostgreSqlSpendLedger
{
    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<LedgerLineState>> ReadAsync(IReadOnlyList<LedgerAccountQuery> accounts, CancellationToken cancellationToken = default)
    {
        LedgerArguments.Check(accounts);
        Guid[] keys = [.. accounts.Select(query => PostgreSqlText.Key(LedgerAccountName.Escape(query.Account)))];
        long[] firsts = [.. accounts.Select(query => query.FirstPeriod)];
        long[] lasts = [.. accounts.Select(query => query.Period)];
        return new(ReadAfterSweepAsync<IReadOnlyList<LedgerLineState>>(
            command => command.With(_ledger).With(keys).With(firsts).With(lasts).With(_connection.Now),
            $"""
            SELECT s.charged, s.held, s.unconfirmed, s.overrun, g.granted
            FROM unnest($2, $3, $4) WITH ORDINALITY q(account, first, last, at)
            CROSS JOIN LATERAL (
                SELECT least(coalesce(sum(p.held), 0), 9223372036854775807)::bigint AS held,
                    least(coalesce(sum(p.charged) FILTER (WHERE p.period >= q.first AND p.period <= q.last * 2::numeric - q.first), 0), 9223372036854775807)::bigint AS charged,
                    least(coalesce(sum(p.unconfirmed) FILTER (WHERE p.period >= q.first AND p.period <= q.last * 2::numeric - q.first), 0), 9223372036854775807)::bigint AS unconfirmed,
                    least(coalesce(sum(p.overrun) FILTER (WHERE p.period >= q.first AND p.period <= q.last * 2::numeric - q.first), 0), 9223372036854775807)::bigint AS overrun
                FROM {_options.Schema}.periods p
                WHERE p.ledger = $1 AND p.account = q.account
                    AND p.period >= CASE WHEN q.first = q.last THEN q.last ELSE -9223372036854775808 END
                    AND p.period <= CASE WHEN q.first = q.last THEN q.last ELSE 9223372036854775807 END) s
            CROSS JOIN LATERAL (
                SELECT least(coalesce(sum(m.amount), 0), 9223372036854775807)::bigint AS granted FROM {_options.Schema}.grants m
                WHERE m.ledger = $1 AND m.account = q.account AND m.expires_at > coalesce($5, {_options.Schema}.ticks())) g
            ORDER BY q.at
            """,
            async (row, token) =>
            {
                var states = new List<LedgerLineState>(keys.Length);
                while (await row.ReadAsync(token))
                {
                    states.Add(new LedgerLineState(row.GetInt64(0), row.GetInt64(1), row.GetInt64(2), row.GetInt64(3), row.GetInt64(4), true));
                }

                return states;
            },
            cancellationToken));
    }

    /// <inheritdoc/>
    public ValueTask<LedgerCharge?> FindAsync(LedgerReservationId id, CancellationToken cancellationToken = default)
    {
        id.Validate();
        return new(ReadAfterSweepAsync<LedgerCharge?>(
            command => command.With(_ledger).With(id.CallId).With(id.Attempt).With(LedgerAccountName.Escape(id.Owner)),
            $"SELECT state, names, reserved, taken, charged FROM {_options.Schema}.reservations WHERE ledger = $1 AND call_id = $2 AND attempt = $3 AND owner = $4 AND state <> 3",
            async (row, token) =>
            {
                if (!await row.ReadAsync(token))
                {
                    return null;
                }

                bool isOpen = row.GetInt16(0) == 0;
                long[] reserved = row.GetFieldValue<long[]>(2);
                short[] taken = row.GetFieldValue<short[]>(3);
                long[] charged = row.GetFieldValue<long[]>(4);
                return new LedgerCharge(
                    isOpen,
                    [.. row.GetFieldValue<string[]>(1).Select(LedgerAccountName.Unescape)],
                    [.. taken.Select((isTaken, i) => isTaken == 0 ? 0 : isOpen ? reserved[i] : charged[i])]);
            },
            cancellationToken));
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<string>> ListAccountsAsync(string prefix, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(prefix);
        string escaped = prefix.Length == 0 ? "" : LedgerAccountName.Escape(prefix);
        return new(ReadAfterSweepAsync<IReadOnlyList<string>>(
            command => command.With(_ledger).With(escaped),
            $"""
            SELECT a.name FROM {_options.Schema}.accounts a
            WHERE a.ledger = $1 AND starts_with(a.name, $2)
                AND EXISTS (SELECT 1 FROM {_options.Schema}.periods p WHERE p.ledger = $1 AND p.account = a.id AND (p.charged <> 0 OR p.open <> 0))
            ORDER BY a.name COLLATE "C"
            """,
            async (row, token) =>
            {
                var names = new List<string>();
                while (await row.ReadAsync(token))
                {
                    names.Add(LedgerAccountName.Unescape(row.GetString(0)));
                }

                return names;
            },
            cancellationToken));
    }

    private async ValueTask<long> ReadNowAsync(CancellationToken cancellationToken) =>
        await ReadAfterSweepAsync(
            command => command.With(_connection.Now),
            $"SELECT coalesce($1, {_options.Schema}.ticks())",
            async (row, token) => await row.ReadAsync(token) ? row.GetInt64(0) : 0L,
            cancellationToken);

    /// <summary>Charges all ended leases, then runs a statement that reads, in one round trip. Settings are valid for its transaction.</summary>
    private async Task<TResult> ReadAfterSweepAsync<TResult>(
        Action<NpgsqlBatchCommand> parameters,
        string sql,
        Func<NpgsqlDataReader, CancellationToken, Task<TResult>> read,
        CancellationToken cancellationToken,
        IReadOnlyList<string>? settings = null)
    {
        while (true)
        {
            (TResult result, List<LedgerLeaseExpiry> expired) = await _connection.RunAsync(
                async (open, token) =>
                {
                    await using var batch = new NpgsqlBatch(open);
                    batch.Add(Begin);
                    AddSweep(batch);
                    foreach (string setting in settings ?? [])
                    {
                        batch.Add(setting);
                    }

                    parameters(batch.Add(sql));
                    batch.Add("COMMIT");
                    await using NpgsqlDataReader row = await batch.ExecuteReaderAsync(token);
                    List<LedgerLeaseExpiry> ended = await ReadExpiredAsync(row, token);
                    await row.NextResultAsync(token);
                    TResult found = await read(row, token);
                    await row.NextResultAsync(token);
                    return (found, ended);
                },
                cancellationToken);
            Tell(expired);
            if (expired.Count < SweepAtOnce)
            {
                await CleanAsync(byWriter: false);
                return result;
            }
        }
    }
}
