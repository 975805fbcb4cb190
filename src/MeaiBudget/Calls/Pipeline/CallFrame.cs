using System.Collections.Immutable;
using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>A pass of a call, and what the layers of its path have contributed so far. Immutable; travels from layer to layer.</summary>
/// <remarks>Adjacent layers hand the frame on as an argument. Where a layer that is not ours lies between, it flows (<see cref="FlowingFrame"/>).</remarks>
internal readonly record struct CallFrame(CallPass Pass, CallPath Path)
{
    /// <inheritdoc cref="CallPass.Record"/>
    public CallRecord Record => Pass.Record;

    /// <inheritdoc cref="CallPass.Run"/>
    public ISpendGate? Run => Pass.Run;

    /// <inheritdoc cref="CallPass.Started"/>
    public long PassStarted => Pass.Started;

    /// <inheritdoc cref="CallPath.Gates"/>
    public ImmutableArray<ISpendGate> Gates => Path.Gates;

    /// <inheritdoc cref="CallPath.RetryPolicy"/>
    public IAttemptRetryPolicy? RetryPolicy => Path.RetryPolicy;

    /// <inheritdoc cref="CallPath.TotalTimeout"/>
    public TimeSpan? TotalTimeout => Path.TotalTimeout;

    /// <inheritdoc cref="CallPath.Estimators"/>
    public ImmutableArray<ITokenEstimator> Estimators => Path.Estimators;

    /// <inheritdoc cref="CallPath.FillsUsage"/>
    public bool FillsUsage => Path.FillsUsage;

    /// <inheritdoc cref="CallPath.Admission"/>
    public AdmissionPolicy? Admission => Path.Admission;

    /// <inheritdoc cref="CallPath.Route"/>
    public AttemptRoute? Route => Path.Route;

    /// <inheritdoc cref="CallPath.Exceeded"/>
    public ExceededBehavior? Exceeded => Path.Exceeded;

    /// <inheritdoc cref="CallPath.HasExceededHandler"/>
    public bool HasExceededHandler => Path.HasExceededHandler;

    /// <inheritdoc cref="CallPath.IsClosing"/>
    public bool IsClosing => Path.IsClosing;

    public static CallFrame Open(CallRecord record, ISpendGate? run) => new(new CallPass(record, run, record.Started), CallPath.Empty);

    /// <summary>Begins another pass of the same call: a tool loop calls the layers below it once an iteration.</summary>
    public CallFrame BeginPass(ISpendGate? run) => this with { Pass = new CallPass(Record, run ?? Run, Record.Clock.GetTimestamp()) };

    /// <summary>Goes a step along the path.</summary>
    public CallFrame Through(PathStep step) => this with { Path = step.From(Path, Run) };

    /// <summary>The frame to send through layers that are not ours.</summary>
    public FlowingFrame SentTo(CallLayerChatClient layer) => new(this, layer, FunctionInvokingChatClient.CurrentContext);
}
