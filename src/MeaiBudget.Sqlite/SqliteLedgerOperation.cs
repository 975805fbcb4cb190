using System.Diagnostics;

namespace MeaiBudget;

/// <summary>One operation of a caller that the writer runs.</summary>
internal abstract class SqliteLedgerOperation
{
    private readonly long _queuedAt = Stopwatch.GetTimestamp();

    public bool HasFailed { get; protected set; }

    /// <summary>Gets how long the caller has waited.</summary>
    public TimeSpan Age => Stopwatch.GetElapsedTime(_queuedAt);

    public abstract bool IsAbandoned { get; }

    /// <summary>Runs inside a transaction. An <see cref="ArgumentException"/> fails only this operation, not the others of the batch.</summary>
    public abstract void Run(SqliteLedgerSession session);

    /// <summary>Completes the caller's task after the commit.</summary>
    public abstract void Complete();

    public abstract void Fail(Exception exception);
}

/// <inheritdoc/>
internal sealed class SqliteLedgerOperation<TResult> : SqliteLedgerOperation
{
    private readonly TaskCompletionSource<TResult> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Func<SqliteLedgerSession, TResult> _run;
    private readonly CancellationToken _cancellationToken;
    private TResult? _result;
    private ArgumentException? _error;

    public SqliteLedgerOperation(Func<SqliteLedgerSession, TResult> run, CancellationToken cancellationToken)
    {
        _run = run;
        _cancellationToken = cancellationToken;
    }

    public Task<TResult> Task => _completion.Task;

    public override bool IsAbandoned => _cancellationToken.IsCancellationRequested;

    public override void Run(SqliteLedgerSession session)
    {
        _error = null;
        try
        {
            _result = _run(session);
        }
        catch (ArgumentException exception)
        {
            _error = exception;
        }
    }

    public override void Complete()
    {
        if (_error is null)
        {
            _completion.TrySetResult(_result!);
        }
        else
        {
            _completion.TrySetException(_error);
        }
    }

    public override void Fail(Exception exception)
    {
        HasFailed = true;
        if (exception is OperationCanceledException)
        {
            _completion.TrySetCanceled(_cancellationToken);
        }
        else
        {
            _completion.TrySetException(exception);
        }
    }
}
