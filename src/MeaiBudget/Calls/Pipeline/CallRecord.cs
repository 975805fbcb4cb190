using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;

namespace MeaiBudget;

/// <summary>The record of one call while it runs: thread-safe, shared by every frame of the call.</summary>
internal sealed class CallRecord
{
    // Replaced, never changed: most calls have one of each, and what was given out stays as it was.
    private ImmutableArray<ICallObserver> _observers = [];
    private ImmutableArray<AttemptReceipt> _attempts = [];
    private ImmutableArray<ISpendGate> _open = [];
    private int _attempt;
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

    /// <summary>The call in whose course this one is made: for tracing, and to see whose money it would wait for.</summary>
    public CallRecord? Parent { get; }

    /// <summary>Clock and logger of the layer that the call came in by.</summary>
    public CallLayerSetup Setup { get; }

    public TimeProvider Clock => Setup.TimeProvider;

    public ILogger Logger => Setup.Logger;

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

    public bool HasEnded => Receipt is not null;

    /// <summary>The receipt; null while the call runs.</summary>
    public CallReceipt? Receipt => Volatile.Read(ref _receipt);

    public IReadOnlyList<AttemptReceipt> AttemptsSoFar => ImmutableCollectionsMarshal.AsArray(_attempts)!;

    /// <summary>What the time is at a timestamp, without asking the clock again.</summary>
    public DateTimeOffset TimeAt(long timestamp) => StartedAt + Clock.GetElapsedTime(Started, timestamp);

    public int NextAttempt() => Interlocked.Increment(ref _attempt);

    public void Add(AttemptReceipt attempt)
    {
        ImmutableInterlocked.Update(ref _attempts, static (attempts, one) => attempts.Add(one), attempt);
        foreach (ICallObserver observer in _observers)
        {
            Tell(Logger, observer, static (o, a) => o.OnAttempt(a), attempt);
        }
    }

    /// <summary>Tells of the retry of the attempt that ended last.</summary>
    public void Retrying(TimeSpan delay)
    {
        AttemptReceipt failed = _attempts[^1];
        foreach (ICallObserver observer in _observers)
        {
            Tell(Logger, observer, static (o, retry) => o.OnRetry(retry.failed, retry.delay), (failed, delay));
        }
    }

    public void Observe(ICallObserver observer) =>
        ImmutableInterlocked.Update(ref _observers, static (observers, one) => observers.Contains(one) ? observers : observers.Add(one), observer);

    /// <summary>Notes that an attempt of this call holds money of gates.</summary>
    public void Opened(ImmutableArray<ISpendGate> gates) =>
        ImmutableInterlocked.Update(ref _open, static (open, added) => open.IsEmpty ? added : open.AddRange(added), gates);

    /// <summary>Notes that it no longer does.</summary>
    public void Closed(ImmutableArray<ISpendGate> gates) =>
        ImmutableInterlocked.Update(ref _open, static (open, removed) => open == removed ? [] : open.RemoveRange(removed), gates);

    /// <summary>Whether this call or one that it is made in holds money of a gate: then waiting for it would be waiting for oneself.</summary>
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

    /// <summary>Ends the call, once; the first end counts.</summary>
    public CallReceipt End()
    {
        if (Receipt is { } ended)
        {
            return ended;
        }

        var receipt = new CallReceipt
        {
            CallId = CallId,
            ParentCallId = Parent?.CallId,
            RunId = RunId,
            RequestedModelId = RequestedModelId,
            StartedAt = StartedAt,
            Duration = Clock.GetElapsedTime(Started),
            IsStreaming = IsStreaming,
            Attempts = AttemptsSoFar,
            FinishReason = FinishReason,
            WasSubstituted = WasSubstituted,
        };
        if (Interlocked.CompareExchange(ref _receipt, receipt, null) is { } first)
        {
            return first;
        }

        foreach (ICallObserver observer in _observers)
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
