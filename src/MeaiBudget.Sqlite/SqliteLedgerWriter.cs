using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace MeaiBudget;

/// <summary>
/// The only thread that writes. Operations that arrive during a commit share the next transaction (group commit), so that several
/// operations need one flush. An operation completes after its commit.
/// </summary>
internal sealed class SqliteLedgerWriter
{
    private const int LargestBatch = 512;
    private readonly string _path;
    private readonly SqliteConnection _connection;
    private readonly SqliteLedgerSession _session;
    private readonly SqliteLedgerLock _lock;
    private readonly TimeSpan _busyTimeout;
    private readonly Action<LedgerLeaseExpiry> _tellExpired;
    private readonly Thread _thread;
    private readonly object _gate = new();
    private List<SqliteLedgerOperation> _queue = [];
    private bool _isClosed;

    public SqliteLedgerWriter(string path, SqliteConnection connection, SqliteLedgerSession session, SqliteLedgerLock writeLock, TimeSpan busyTimeout, Action<LedgerLeaseExpiry> tellExpired)
    {
        _tellExpired = tellExpired;
        _path = path;
        _connection = connection;
        _session = session;
        _lock = writeLock;
        _busyTimeout = busyTimeout;
        _thread = new Thread(Write) { IsBackground = true, Name = "MeaiBudget SQLite ledger" };
        _thread.Start();
    }

    public async ValueTask<TResult> RunAsync<TResult>(Func<SqliteLedgerSession, TResult> run, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var operation = new SqliteLedgerOperation<TResult>(run, cancellationToken);
        lock (_gate)
        {
            if (_isClosed)
            {
                throw new SqliteSpendLedgerException(_path, SqliteLedgerProblem.Closed, $"The ledger of the file '{_path}' was disposed. Dispose it after the last settlement.");
            }

            _queue.Add(operation);
            Monitor.Pulse(_gate);
        }

        return await operation.Task.WaitAsync(cancellationToken);
    }

    /// <summary>Completes the queued operations and stops the thread.</summary>
    public void Close()
    {
        lock (_gate)
        {
            if (_isClosed)
            {
                return;
            }

            _isClosed = true;
            Monitor.Pulse(_gate);
        }

        _thread.Join();
        _session.Dispose();
        _lock.Dispose();
        _connection.Dispose();
    }

    private void Write()
    {
        var batch = new List<SqliteLedgerOperation>();
        while (Next(ref batch))
        {
            for (int start = 0; start < batch.Count; start += LargestBatch)
            {
                Commit(batch.GetRange(start, Math.Min(LargestBatch, batch.Count - start)));
            }

            batch.Clear();
        }
    }

    private bool Next(ref List<SqliteLedgerOperation> batch)
    {
        lock (_gate)
        {
            while (_queue.Count == 0)
            {
                if (_isClosed)
                {
                    return false;
                }

                Monitor.Wait(_gate);
            }

            (batch, _queue) = (_queue, batch);
            return true;
        }
    }

    private void Commit(List<SqliteLedgerOperation> batch)
    {
        foreach (SqliteLedgerOperation operation in batch)
        {
            if (operation.IsAbandoned)
            {
                operation.Fail(new OperationCanceledException());
            }
        }

        while (!TryCommit(batch, out Exception? exception))
        {
            // Each caller waits for the lock as long as the timeout says, also if it came while others waited.
            List<SqliteLedgerOperation> failed = exception is SqliteException { SqliteErrorCode: raw.SQLITE_BUSY } ? batch.FindAll(operation => operation.Age >= _busyTimeout) : [];
            if (failed.Count > 0)
            {
                failed.ForEach(operation => operation.Fail(SqliteSpendLedgerException.From(_path, exception!)));
                batch = batch.FindAll(operation => !operation.HasFailed);
                if (batch.Count == 0)
                {
                    return;
                }

                continue;
            }

            if (batch.Count == 1 || IsHopeless(exception!))
            {
                batch.ForEach(operation => operation.Fail(SqliteSpendLedgerException.From(_path, exception!)));
                return;
            }

            // One operation may be the cause of the failure, so each gets its own transaction.
            batch.ForEach(operation => Commit([operation]));
            return;
        }
    }

    /// <summary>True if every operation of the batch would fail in the same way after the same wait.</summary>
    private static bool IsHopeless(Exception exception) =>
        exception is SqliteSpendLedgerException or SqliteException { SqliteErrorCode: raw.SQLITE_BUSY or raw.SQLITE_NOTADB or raw.SQLITE_CORRUPT or raw.SQLITE_READONLY };

    private bool TryCommit(List<SqliteLedgerOperation> batch, out Exception? exception)
    {
        try
        {
            _lock.Begin(_busyTimeout - batch.Max(operation => operation.Age));
            foreach (SqliteLedgerOperation operation in batch)
            {
                if (!operation.HasFailed)
                {
                    operation.Run(_session);
                }
            }

            _lock.Commit();
        }
#pragma warning disable CA1031 // The caller receives the exception. The thread must not end.
        catch (Exception caught)
#pragma warning restore CA1031
        {
            _lock.Rollback();
            _session.TakeExpired();
            exception = caught;
            return false;
        }

        foreach (SqliteLedgerOperation operation in batch)
        {
            operation.Complete();
        }

        if (_session.TakeExpired() is { Count: > 0 } expired)
        {
            // On another thread, because a handler may call the ledger and must not block the writer.
            ThreadPool.UnsafeQueueUserWorkItem(
                static state => state.expired.ForEach(state.tell), (expired, tell: _tellExpired), preferLocal: false);
        }

        exception = null;
        return true;
    }
}
