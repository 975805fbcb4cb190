using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;

namespace MeaiBudget;

/// <summary>The record of one running call, shared by all its frames. Thread-safe.</summary>
internal sealed class CallRecord
{
    // Immutable arrays, because most calls have one item in each and a reader's snapshot must not change.
    private ImmutableArray<ICallObserver> _observers = [];
    private ImmutableArray<AttemptReceipt> _attempts = [];
    private ImmutableArray<ISpendGate> _open = [];
    private ImmutableArray<ISpendGate> _gates = [];
    private int _attempt;

    // What the receipt states of the end. The receipt itself is made when somebody asks for it.
    private ImmutableArray<AttemptReceipt> _ended = [];
    private long _endedAt;
    private int _isEnding;
    private volatile bool _hasEnded;
    private CallReceipt? _receipt;

    public CallRecord(CallRecord? parent, CallLayerSetup setup, string? requestedModelId, bool isStreaming, string? runId)
    {
        Setup = setup;
        Parent = parent;
        StartedAt = setup.TimeProvider.GetUtcNow();
        Started = setup.TimeProvider.GetTimestamp();
        CallId = CallIds.Next();
        RequestedModelId = requestedModelId;
        IsStreaming = isStreaming;
        RunId = runId;
    }

    public Guid CallId { get; }

    /// <summary>The call during which this call is made, for tracing and to avoid waiting for its reservations.</summary>
    public CallRecord? Parent { get; }

    /// <summary>Clock and logger of the outermost layer of the call.</summary>
    public CallLayerSetup Setup { get; }

    public TimeProvider Clock => Setup.TimeProvider;

    public ILogger Logger => Setup.Logger;

    public DateTimeOffset StartedAt { get; }

    /// <summary>The clock's timestamp at <see cref="StartedAt"/>.</summary>
    public long Started { get; }

    public string? RequestedModelId { get; }

    public bool IsStreaming { get; }

    public string? RunId { get; }

    /// <summary>The finish reason set by a budget; null if no budget ended the answer.</summary>
    public string? FinishReason { get; set; }

    /// <summary>True if another route than the primary answered.</summary>
    public bool WasSubstituted { get; set; }

    public bool HasEnded => _hasEnded;

    /// <summary>The receipt; null while the call runs.</summary>
    public CallReceipt? Receipt => !_hasEnded ? null : Volatile.Read(ref _receipt) ?? Interlocked.CompareExchange(ref _receipt, Made(), null) ?? _receipt;

    public IReadOnlyList<AttemptReceipt> AttemptsSoFar => ImmutableCollectionsMarshal.AsArray(_attempts)!;

    /// <summary>Returns the time of a timestamp without reading the clock again.</summary>
    public DateTimeOffset TimeAt(long timestamp) => StartedAt + Clock.GetElapsedTime(Started, timestamp);

    /// <summary>Finds the route that the call left before it came to another, and why; null if it has not left one.</summary>
    public (string From, string Reason)? FallbackTo(string route)
    {
        (string From, string Reason)? skipped = null;
        for (int i = _attempts.Length - 1; i >= 0; i--)
        {
            AttemptReceipt attempt = _attempts[i];
            if (attempt.Route == route)
            {
                continue;
            }

            if (attempt.Outcome != AttemptOutcome.Skipped)
            {
                return (attempt.Route, attempt.Why());
            }

            // What was skipped is named only if nothing was tried.
            skipped = (attempt.Route, attempt.Why());
        }

        return skipped;
    }

    public int NextAttempt() => Interlocked.Increment(ref _attempt);

    public void Add(AttemptReceipt attempt)
    {
        ImmutableInterlocked.Update(ref _attempts, static (attempts, one) => attempts.Add(one), attempt);
        foreach (ICallObserver observer in _observers)
        {
            Tell(Logger, observer, static (o, a) => o.OnAttempt(a), attempt);
        }
    }

    /// <summary>Notifies the observers that the last attempt is retried.</summary>
    public void Retrying(TimeSpan delay)
    {
        AttemptReceipt failed = _attempts[^1];
        foreach (ICallObserver observer in _observers)
        {
            Tell(Logger, observer, static (o, retry) => o.OnRetry(retry.failed, retry.delay), (failed, delay));
        }
    }

    /// <summary>Notes in the receipt of the last attempt why it is not retried.</summary>
    public void NotRetried(string why) => ImmutableInterlocked.Update(
        ref _attempts, static (attempts, reason) => attempts.SetItem(attempts.Length - 1, attempts[^1] with { NoRetryReason = reason }), why);

    public void Observe(ICallObserver observer) =>
        ImmutableInterlocked.Update(ref _observers, static (observers, one) => observers.Contains(one) ? observers : observers.Add(one), observer);

    /// <summary>Records that an attempt of this call holds reservations in gates.</summary>
    public void Opened(ImmutableArray<ISpendGate> gates)
    {
        _gates = gates;
        ImmutableInterlocked.Update(ref _open, static (open, added) => open.IsEmpty ? added : open.AddRange(added), gates);
    }

    /// <summary>Records that an attempt no longer holds its reservations.</summary>
    public void Closed(ImmutableArray<ISpendGate> gates) =>
        ImmutableInterlocked.Update(ref _open, static (open, removed) => open == removed ? [] : open.RemoveRange(removed), gates);

    /// <summary>True if a parent call holds a reservation in the gate. Waiting for the gate could then wait for the caller itself, a deadlock.</summary>
    public bool AncestorHolds(ISpendGate gate)
    {
        for (CallRecord? record = Parent; record is not null; record = record.Parent)
        {
            if (record._open.Contains(gate))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Ends the call, which then has a receipt. A second call does nothing.</summary>
    public void End()
    {
        if (Interlocked.Exchange(ref _isEnding, 1) != 0)
        {
            return;
        }

        _ended = _attempts;
        _endedAt = Clock.GetTimestamp();
        _hasEnded = true;
        foreach (ISpendGate gate in _gates)
        {
            gate.EndCall(CallId);
        }

        foreach (ICallObserver observer in _observers)
        {
            Tell(Logger, observer, static (o, r) => o.OnCall(r), Receipt!);
        }
    }

    private CallReceipt Made() => new()
    {
        CallId = CallId,
        ParentCallId = Parent?.CallId,
        RunId = RunId,
        RequestedModelId = RequestedModelId,
        StartedAt = StartedAt,
        Duration = Clock.GetElapsedTime(Started, _endedAt),
        IsStreaming = IsStreaming,
        Attempts = ImmutableCollectionsMarshal.AsArray(_ended)!,
        FinishReason = FinishReason,
        WasSubstituted = WasSubstituted,
    };

    private static void Tell<T>(ILogger logger, ICallObserver observer, Action<ICallObserver, T> tell, T what)
    {
        try
        {
            tell(observer, what);
        }
#pragma warning disable CA1031 // An observer is application code. Its exceptions must not end the call.
        catch (Exception)
#pragma warning restore CA1031
        {
            CallLog.ObserverFailed(logger, observer.GetType().Name);
        }
    }
}
