using Microsoft.Extensions.Logging;

namespace MeaiBudget;

/// <summary>The record of one call while it runs: thread-safe, shared by every frame of the call.</summary>
internal sealed class CallRecord
{
    private readonly Lock _lock = new();
    private List<ICallObserver>? _observers;

    // Replaced, never changed: most calls have one of each, and what was given out stays as it was.
    private AttemptReceipt[] _attempts = [];
    private ISpendGate[] _open = [];
    private int _attempt;
    private volatile CallReceipt? _receipt;

    public CallRecord(CallRecord? parent, CallLayerSetup setup, string? requestedModelId, bool isStreaming, string? runId)
    {
        TimeProvider clock = Clock = setup.TimeProvider;
        Logger = setup.Logger;
        Parent = parent;
        StartedAt = clock.GetUtcNow();
        Started = clock.GetTimestamp();
        CallId = CallIds.Next();
        RequestedModelId = requestedModelId;
        IsStreaming = isStreaming;
        RunId = runId;
    }

    public Guid CallId { get; }

    /// <summary>The call in whose course this one is made: for tracing, and to see whose money it would wait for.</summary>
    public CallRecord? Parent { get; }

    public TimeProvider Clock { get; }

    public ILogger Logger { get; }

    public DateTimeOffset StartedAt { get; }

    /// <summary>The clock's timestamp at <see cref="StartedAt"/>.</summary>
    public long Started { get; }

    public string? RequestedModelId { get; }

    public bool IsStreaming { get; }

    public string? RunId { get; }

    /// <summary>Why a budget ended the answer, if one did.</summary>
    public string? FinishReason { get; set; }

    /// <summary>Whether another than the primary answered.</summary>
    public bool WasSubstituted { get; set; }

    public bool HasEnded => _receipt is not null;

    /// <summary>The receipt; null while the call runs.</summary>
    public CallReceipt? Receipt => _receipt;

    /// <summary>What the time is at a timestamp, without asking the clock again.</summary>
    public DateTimeOffset TimeAt(long timestamp) => StartedAt + Clock.GetElapsedTime(Started, timestamp);

    public int NextAttempt() => Interlocked.Increment(ref _attempt);

    public void Add(AttemptReceipt attempt)
    {
        ICallObserver[] observers;
        lock (_lock)
        {
            _attempts = [.. _attempts, attempt];
            observers = _observers is null ? [] : [.. _observers];
        }

        foreach (ICallObserver observer in observers)
        {
            Tell(Logger, observer, static (o, a) => o.OnAttempt(a), attempt);
        }
    }

    /// <summary>Tells of the retry of the attempt that ended last.</summary>
    public void Retrying(TimeSpan delay)
    {
        AttemptReceipt failed;
        ICallObserver[] observers;
        lock (_lock)
        {
            failed = _attempts[^1];
            observers = _observers is null ? [] : [.. _observers];
        }

        foreach (ICallObserver observer in observers)
        {
            Tell(Logger, observer, static (o, retry) => o.OnRetry(retry.failed, retry.delay), (failed, delay));
        }
    }

    public void Observe(ICallObserver observer)
    {
        lock (_lock)
        {
            _observers ??= [];
            if (!_observers.Contains(observer))
            {
                _observers.Add(observer);
            }
        }
    }

    public void Opened(ISpendGate gate)
    {
        lock (_lock)
        {
            _open = [.. _open, gate];
        }
    }

    public void Closed(ISpendGate gate)
    {
        lock (_lock)
        {
            int index = Array.IndexOf(_open, gate);
            _open = index < 0 ? _open : [.. _open[..index], .. _open[(index + 1)..]];
        }
    }

    /// <summary>Whether this call or one that it is made in holds money of a gate: then waiting for it would be waiting for oneself.</summary>
    public bool AncestorHolds(ISpendGate gate)
    {
        for (CallRecord? record = Parent; record is not null; record = record.Parent)
        {
            lock (record._lock)
            {
                if (record._open.Contains(gate))
                {
                    return true;
                }
            }
        }

        return false;
    }

    public IReadOnlyList<AttemptReceipt> AttemptsSoFar()
    {
        lock (_lock)
        {
            return _attempts;
        }
    }

    /// <summary>Ends the call, once; the first end counts.</summary>
    public CallReceipt End()
    {
        CallReceipt receipt;
        ICallObserver[] observers;
        lock (_lock)
        {
            if (_receipt is not null)
            {
                return _receipt;
            }

            receipt = new CallReceipt
            {
                CallId = CallId,
                ParentCallId = Parent?.CallId,
                RunId = RunId,
                RequestedModelId = RequestedModelId,
                StartedAt = StartedAt,
                Duration = Clock.GetElapsedTime(Started),
                IsStreaming = IsStreaming,
                Attempts = _attempts,
                FinishReason = FinishReason,
                WasSubstituted = WasSubstituted,
            };
            _receipt = receipt;
            observers = _observers is null ? [] : [.. _observers];
        }

        foreach (ICallObserver observer in observers)
        {
            Tell(Logger, observer, static (o, r) => o.OnCall(r), receipt);
        }

        return receipt;
    }

    private static void Tell<T>(ILogger logger, ICallObserver observer, Action<ICallObserver, T> tell, T what)
    {
        try
        {
            tell(observer, what);
        }
#pragma warning disable CA1031 // An observer is the application's code: whatever it throws, the call must go on.
        catch (Exception)
#pragma warning restore CA1031
        {
            CallLog.ObserverFailed(logger, observer.GetType().Name);
        }
    }
}
