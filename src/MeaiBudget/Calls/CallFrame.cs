using System.Collections.Immutable;
using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>What the layers of one path have contributed to a call so far. Immutable; travels from layer to layer.</summary>
/// <remarks>
/// Adjacent layers hand the frame on as an argument. Where a layer that is not ours lies between, it travels by
/// <see cref="AsyncLocal{T}"/>, which is only ever set inside async methods, so that it cannot leak into the caller.
/// </remarks>
internal sealed record CallFrame
{
    private static readonly AsyncLocal<CallFrame?> Ambient = new();

    private CallFrame(CallRecord record) => Record = record;

    /// <summary>The call that all this belongs to.</summary>
    public CallRecord Record { get; }

    /// <summary>What every attempt must pass, outermost first, each once.</summary>
    public ImmutableArray<ISpendGate> Gates { get; private init; } = [];

    /// <summary>The nearest retry policy.</summary>
    public IAttemptRetryPolicy? RetryPolicy { get; private init; }

    /// <summary>The estimators on the path, outermost first; the last one estimates, each one learns.</summary>
    public ImmutableArray<ITokenEstimator> Estimators { get; private init; } = [];

    /// <summary>Whether a missing usage is filled in.</summary>
    public bool FillsUsage { get; private init; }

    /// <summary>What the outermost budget says about bounds and doubt.</summary>
    public AdmissionPolicy? Admission { get; private init; }

    /// <summary>The candidate that the path leads to; null until a fallback chose one.</summary>
    public AttemptRoute? Route { get; private init; }

    /// <summary>The run that the caller's flow or options carry, if any.</summary>
    public ISpendGate? Run { get; private init; }

    /// <summary>What the outermost budget that says so does with refusals.</summary>
    public ExceededBehavior? Exceeded { get; private init; }

    /// <summary>Whether a budget layer further out turns refusals into answers.</summary>
    public bool HasExceededHandler { get; private init; }

    /// <summary>Whether this is the closing pass that may use what the open tool loops kept back.</summary>
    public bool IsClosing { get; private init; }

    /// <summary>When this pass through the layers began, by which the total deadline is measured.</summary>
    public long PassStarted { get; private init; }

    /// <summary>The layer that is about to be called through layers of others.</summary>
    private CallLayerChatClient? NextLayer { get; init; }

    /// <summary>The function that was being invoked when the frame was set.</summary>
    private FunctionInvocationContext? FunctionContext { get; init; }

    /// <summary>The frame that flows with the caller, whoever it belongs to.</summary>
    public static CallFrame? Flowing => Ambient.Value;

    public static CallFrame Open(CallRecord record, ISpendGate? run) =>
        new(record) { Run = run, PassStarted = record.Clock.GetTimestamp() };

    /// <summary>The frame that a layer may join, which it may only if it is the very layer that the frame was sent to.</summary>
    public static CallFrame? ReceivedBy(CallLayerChatClient layer)
    {
        CallFrame? frame = Ambient.Value;
        return frame is not null
            && ReferenceEquals(frame.NextLayer, layer)
            && ReferenceEquals(frame.FunctionContext, FunctionInvokingChatClient.CurrentContext)
            && !frame.Record.HasEnded
                ? frame
                : null;
    }

    /// <summary>Begins another pass of the same call: a tool loop calls the layers below it once an iteration.</summary>
    public CallFrame BeginPass(ISpendGate? run) => this with
    {
        NextLayer = null,
        FunctionContext = null,
        Run = run ?? Run,
        PassStarted = Record.Clock.GetTimestamp(),
    };

    /// <summary>The frame to send through layers that are not ours.</summary>
    public CallFrame SentTo(CallLayerChatClient? layer) => this with
    {
        NextLayer = layer,
        FunctionContext = FunctionInvokingChatClient.CurrentContext,
    };

    /// <summary>Makes this frame flow with whatever the calling async method calls next. Never call it from a method that is not async.</summary>
    public void Flow() => Ambient.Value = this;

    public CallFrame WithGate(ISpendGate gate, AdmissionPolicy admission)
    {
        foreach (ISpendGate present in Gates)
        {
            if (ReferenceEquals(present, gate))
            {
                return Admission is null ? this with { Admission = admission } : this;
            }
        }

        return this with { Gates = Gates.Add(gate), Admission = Admission ?? admission };
    }

    public CallFrame WithRetry(IAttemptRetryPolicy policy) => this with { RetryPolicy = policy };

    public CallFrame WithEstimator(ITokenEstimator estimator, bool fillsUsage)
    {
        foreach (ITokenEstimator present in Estimators)
        {
            if (ReferenceEquals(present, estimator))
            {
                return this with { FillsUsage = FillsUsage || fillsUsage };
            }
        }

        return this with { Estimators = Estimators.Add(estimator), FillsUsage = FillsUsage || fillsUsage };
    }

    public CallFrame WithRoute(AttemptRoute route) => this with { Route = route };

    public CallFrame WithExceeded(ExceededBehavior? behavior) => Exceeded is null && behavior is not null ? this with { Exceeded = behavior } : this;

    public CallFrame WithExceededHandler() => this with { HasExceededHandler = true };

    public CallFrame Closing() => this with { IsClosing = true };
}
