using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>One pass of a call through our layers, and what those on its path have contributed so far. Immutable.</summary>
/// <remarks>
/// Adjacent layers pass the frame as an argument. Where a layer that is not ours lies between, the frame flows
/// (<see cref="FlowingFrame"/>). A tool loop above our layers makes one pass for each of its iterations.
/// </remarks>
/// <param name="Record">The call.</param>
/// <param name="Run">The run that the caller's flow or options carry; null for none.</param>
/// <param name="PassStarted">The clock's timestamp at which this pass began; the total deadline counts from it.</param>
/// <param name="Path">What the layers have contributed.</param>
internal readonly record struct CallFrame(CallRecord Record, ISpendGate? Run, long PassStarted, CallPath Path)
{
    /// <summary>The time that is left until the total deadline of this pass; null without a deadline.</summary>
    public TimeSpan? TimeLeft => Path.TotalTimeout is { } total ? total - Record.Clock.GetElapsedTime(PassStarted) : null;

    /// <summary>Begins the first pass of a call.</summary>
    public static CallFrame Open(CallRecord record, ISpendGate? run) => new(record, run, record.Started, CallPath.Empty);

    /// <summary>Begins another pass of the same call.</summary>
    public CallFrame BeginPass(ISpendGate? run) => this with { Run = run ?? Run, PassStarted = Record.Clock.GetTimestamp() };

    /// <summary>Adds what a layer contributes.</summary>
    public CallFrame With(PathContribution contribution) => this with { Path = contribution.AddTo(Path, Run) };

    /// <summary>Makes the frame that is sent through layers that are not ours.</summary>
    public FlowingFrame SentTo(CallLayerChatClient layer) => new(this, layer, FunctionInvokingChatClient.CurrentContext);
}
