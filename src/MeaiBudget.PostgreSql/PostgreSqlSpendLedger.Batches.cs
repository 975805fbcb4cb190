using Npgsql;

namespace MeaiBudget;

/// <content>Batches of operations.</content>
public sealed partial class PostgreSqlSpendLedger
{
    private readonly record struct Batch(long Now, IReadOnlyList<PostgreSqlOperationResult> Results, Guid[] Changed, List<LedgerLeaseExpiry> Expired);

    /// <summary>Applies a batch in one round trip and one transaction, or two of each if leases have ended: they are charged first.</summary>
    private async Task<IReadOnlyList<PostgreSqlOperationResult>> SendAsync(List<PostgreSqlLedgerOperation> operations)
    {
        Batch applied = await _connection.RunOnKeptAsync(async (open, token) =>
            _appliesBatches ? await ApplyAsync(open, operations, sweeps: false, token) ?? await ApplyAsync(open, operations, sweeps: true, token)
            : await ApplyAsync(open, operations, sweeps: true, token)) ?? throw new InvalidOperationException("The server applied nothing though it was not asked to look for ended leases.");
        Tell(applied.Expired);
        foreach (Guid account in applied.Changed)
        {
            _changes.Changed(Waiters(account));
        }

        await CleanAsync(byWriter: true);
        return applied.Results;
    }

    /// <summary>Returns null, and has applied nothing, if a lease has ended and <paramref name="sweeps"/> is not set.</summary>
    private async Task<Batch?> ApplyAsync(NpgsqlConnection open, List<PostgreSqlLedgerOperation> operations, bool sweeps, CancellationToken token)
    {
        await using var batch = new NpgsqlBatch(open);
        if (sweeps)
        {
            // In a transaction of its own, because it locks accounts in an order of its own.
            batch.Add(Begin);
            AddSweep(batch);
            batch.Add("COMMIT");
        }

        batch.Add(Begin);
        long since = _leases.Since;
        NpgsqlBatchCommand apply = batch.Add(_apply);
        if (_appliesBatches)
        {
            PostgreSqlLedgerBatch.AddParameters(apply, _ledger, _connection.Now, sweeps ? null : since, _instance, operations);
        }
        else
        {
            PostgreSqlEarlierBatch.AddParameters(apply, _ledger, _connection.Now, _instance, operations);
        }

        batch.Add("COMMIT");
        long sentAt = TimeProvider.System.GetTimestamp();
        await using NpgsqlDataReader row = await batch.ExecuteReaderAsync(token);
        List<LedgerLeaseExpiry> expired = [];
        if (sweeps)
        {
            expired = await ReadExpiredAsync(row, token);
            await row.NextResultAsync(token);
        }

        await row.ReadAsync(token);
        Batch? applied = null;
        long? looked = null;
        if (!_appliesBatches)
        {
            (long now, IReadOnlyList<PostgreSqlOperationResult> results, Guid[] changed) = PostgreSqlEarlierBatch.Read(row, operations);
            applied = new Batch(now, results, changed, expired);
        }
        else if (PostgreSqlLedgerBatch.Read(row, operations) is { } answer)
        {
            applied = new Batch(answer.Now, answer.Results, answer.Changed, expired);
            looked = answer.Looked;
        }

        // The commit comes after the answer. Without it, nothing was applied.
        await row.NextResultAsync(token);
        if (looked is { } until)
        {
            _leases.Looked(since, until);
        }

        if (applied is { Now: var moment } && _options.Clock is null)
        {
            _connection.ServerClock.Learn(moment, sentAt);
        }

        return applied;
    }
}
