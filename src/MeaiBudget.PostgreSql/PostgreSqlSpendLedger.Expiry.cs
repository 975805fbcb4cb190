using Npgsql;

namespace MeaiBudget;

/// <content>Leases that ended, and rows that no longer count.</content>
public sealed partial class PostgreSqlSpendLedger
{
    private void AddSweep(NpgsqlBatch batch)
    {
        NpgsqlBatchCommand sweep = batch.Add(_sweep).With(_ledger).With(_connection.Now);
        if (_appliesBatches)
        {
            sweep.With(_leases.Since);
        }

        sweep.With(SweepAtOnce);
    }

    private static async Task<List<LedgerLeaseExpiry>> ReadExpiredAsync(NpgsqlDataReader row, CancellationToken cancellationToken)
    {
        var expired = new List<LedgerLeaseExpiry>();
        while (await row.ReadAsync(cancellationToken))
        {
            expired.Add(new LedgerLeaseExpiry(
                new LedgerReservationId(row.GetGuid(0), row.GetInt32(1), LedgerAccountName.Unescape(row.GetString(2))),
                [.. row.GetFieldValue<string[]>(3).Select(LedgerAccountName.Unescape)],
                row.GetFieldValue<long[]>(4)));
        }

        return expired;
    }

    private void Tell(List<LedgerLeaseExpiry> expired)
    {
        foreach (string account in expired.SelectMany(expiry => expiry.Accounts))
        {
            _changes.Changed(Waiters(PostgreSqlText.Key(LedgerAccountName.Escape(account))));
        }

        if (expired.Count > 0)
        {
            // On another thread, because a handler may call the ledger and must not block the operation.
            ThreadPool.UnsafeQueueUserWorkItem(
                static state => state.expired.ForEach(expiry => state.ledger._changes.Tell(expiry, state.ledger.LeaseExpired)), (expired, ledger: this), preferLocal: false);
        }
    }

    /// <summary>Deletes what no longer counts, a part at a time, at most once a minute. A failure is left to the next time.</summary>
    /// <param name="byWriter">True on the connection of the writer, which waits for it; there may be no other.</param>
    private async Task CleanAsync(bool byWriter)
    {
        long now = Clock.GetUtcNow().UtcTicks;
        long due = Volatile.Read(ref _cleanAt);
        if (now < due || Interlocked.CompareExchange(ref _cleanAt, LedgerTime.Add(now, CleanEvery), due) != due)
        {
            return;
        }

        try
        {
            async Task<bool> RunAsync(NpgsqlConnection open, CancellationToken token)
            {
                await using var batch = new NpgsqlBatch(open);
                batch.Add(Begin);
                if (_hasHistory)
                {
                    batch.Add($"SELECT {_options.Schema}.clean_2($1, $2, $3, $4)").With(_ledger).With(_connection.Now).With(CleanAtOnce)
                        .With(now >= _countAt ? HistoryRow.MostRefusals : (long?)null);
                }
                else
                {
                    batch.Add($"SELECT {_options.Schema}.clean_1($1, $2, $3)").With(_ledger).With(_connection.Now).With(CleanAtOnce);
                }

                batch.Add("COMMIT");
                await using NpgsqlDataReader row = await batch.ExecuteReaderAsync(token);
                bool isMore = await row.ReadAsync(token) && row.GetBoolean(0);
                await row.NextResultAsync(token);
                return isMore;
            }

            bool hasMore = byWriter ? await _connection.RunOnKeptAsync(RunAsync) : await _connection.RunAsync(RunAsync, CancellationToken.None);
            if (hasMore)
            {
                Volatile.Write(ref _cleanAt, now);
            }
            else if (now >= _countAt)
            {
                _countAt = LedgerTime.Add(now, CountEvery);
            }
        }
        catch (SpendLedgerException)
        {
        }
    }
}
