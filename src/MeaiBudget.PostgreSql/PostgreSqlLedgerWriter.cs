namespace MeaiBudget;

/// <summary>
/// Collects operations while a batch is at the server, and sends them as the next one (group commit): a hot account costs one flush for
/// all callers of the process, and one round trip. An operation completes after its commit.
/// </summary>
internal sealed class PostgreSqlLedgerWriter(string name, Func<List<PostgreSqlLedgerOperation>, Task<IReadOnlyList<PostgreSqlOperationResult>>> send)
{
    private const int LargestBatch = 256;
    private static readonly TimeSpan LongestGathering = TimeSpan.FromMilliseconds(1);
    private readonly Lock _lock = new();
    private readonly Queue<PostgreSqlLedgerOperation> _queue = new();
    private Task _writing = Task.CompletedTask;
    private TaskCompletionSource? _gathered;
    private int _awaited;
    private bool _isWriting;
    private bool _isClosed;
    private long _sequence;

    public async Task<PostgreSqlOperationResult> RunAsync(PostgreSqlLedgerOperation operation)
    {
        operation.CancellationToken.ThrowIfCancellationRequested();
        lock (_lock)
        {
            if (_isClosed)
            {
                throw new PostgreSqlSpendLedgerException(name, PostgreSqlLedgerProblem.Closed, $"The spend ledger '{name}' was disposed. Dispose it after the last settlement.");
            }

            operation.Sequence = ++_sequence;
            _queue.Enqueue(operation);
            if (_queue.Count >= _awaited)
            {
                _gathered?.TrySetResult();
            }

            if (!_isWriting)
            {
                _isWriting = true;
                _writing = Task.Run(WriteAsync);
            }
        }

        return await operation.Task.WaitAsync(operation.CancellationToken);
    }

    /// <summary>Numbers an operation that does not go through a batch.</summary>
    public long NextSequence()
    {
        lock (_lock)
        {
            return ++_sequence;
        }
    }

    /// <summary>Completes the queued operations. Later ones fail.</summary>
    public Task CloseAsync()
    {
        lock (_lock)
        {
            _isClosed = true;
            return _writing;
        }
    }

    private async Task WriteAsync()
    {
        while (true)
        {
            List<PostgreSqlLedgerOperation> batch = Next();
            if (batch.Count == 0)
            {
                return;
            }

            await SendAsync(batch);
            await GatherAsync(batch.Count);
        }
    }

    /// <summary>
    /// Lets the callers of the last batch come back, because most of what a batch costs does not depend on its size. A half is awaited: the
    /// other half comes while the next batch is at the server.
    /// </summary>
    private async Task GatherAsync(int completed)
    {
        TaskCompletionSource gathered;
        lock (_lock)
        {
            _awaited = completed / 2;
            if (_awaited <= _queue.Count || _isClosed)
            {
                return;
            }

            gathered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _gathered = gathered;
        }

        using var end = new CancellationTokenSource();
        await Task.WhenAny(gathered.Task, Task.Delay(LongestGathering, TimeProvider.System, end.Token));
        await end.CancelAsync();
        lock (_lock)
        {
            _gathered = null;
        }
    }

    private List<PostgreSqlLedgerOperation> Next()
    {
        var batch = new List<PostgreSqlLedgerOperation>();
        var reservations = new HashSet<LedgerReservationId>();
        var adjustments = new HashSet<Guid>();
        lock (_lock)
        {
            while (batch.Count < LargestBatch && _queue.TryPeek(out PostgreSqlLedgerOperation? operation))
            {
                if (operation.CancellationToken.IsCancellationRequested)
                {
                    _queue.Dequeue().Fail(new OperationCanceledException());
                    continue;
                }

                // Two operations on one reservation must not share a batch; the second waits for the next.
                if (!reservations.Add(operation.Id) || (operation.AdjustmentId is { } adjustment && !adjustments.Add(adjustment)))
                {
                    break;
                }

                batch.Add(_queue.Dequeue());
            }

            _isWriting = batch.Count > 0;
        }

        return batch;
    }

    private async Task SendAsync(List<PostgreSqlLedgerOperation> batch)
    {
        try
        {
            IReadOnlyList<PostgreSqlOperationResult> results = await send(batch);
            for (int i = 0; i < batch.Count; i++)
            {
                batch[i].Complete(results[i]);
            }
        }
#pragma warning disable CA1031 // The callers receive the exception. The loop must not end.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            if (batch.Count == 1 || exception is not PostgreSqlSpendLedgerException { Problem: PostgreSqlLedgerProblem.Refused })
            {
                foreach (PostgreSqlLedgerOperation operation in batch)
                {
                    operation.Fail(exception);
                }

                return;
            }

            // One operation may be the cause, so each gets a batch of its own.
            foreach (PostgreSqlLedgerOperation operation in batch)
            {
                await SendAsync([operation]);
            }
        }
    }
}
