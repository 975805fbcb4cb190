using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>One pass of a call through the MeaiBudget layers, with the contributions of the layers passed so far. Immutable.</summary>
/// <remarks>
/// Adjacent layers pass the frame as an argument. Through other layers it is passed by the execution context
/// (<see cref="FlowingFrame"/>). A tool loop above the MeaiBudget layers makes one pass for each of its iterations.
/// </remarks>
/// <param name="Record">The call.</param>
/// <param name="Run">The run from the options or from the caller's flow; null for none.</param>
/// <param name="PassStarted">The clock's timestamp at the start of this pass. The total timeout counts from it.</param>
/// <param name="Path">The contributions of the layers.</param>
internal readonly record struct CallFrame(CallRecord Record, ISpendGate? Run, long PassStarted, CallPath Path)
{
    /// <summary>The time left until the total timeout of this pass; null without a timeout.</summary>
    public TimeSpan? TimeLeft => Path.TotalTimeout is { } total ? total - Record.Clock.GetElapsedTime(PassStarted) : null;

    /// <summary>Creates the frame of the first pass of a call.</summary>
    public static CallFrame Open(CallRecord record, ISpendGate? run) => new(record, run, record.Started, CallPath.Empty);

    /// <summary>Returns the frame of another pass of the same call.</summary>
    public CallFrame BeginPass(ISpendGate? run) => this with { Run = run ?? Run, PassStarted = Record.Clock.GetTimestamp() };

    /// <summary>Returns the frame with a layer's contribution added.</summary>
    public CallFrame With(PathContribution contribution) => this with { Path = contribution.AddTo(Path, Run) };

    /// <summary>Returns the frame to send through other layers to <paramref name="layer"/>.</summary>
    public FlowingFrame SentTo(CallLayerChatClient layer) => new(this, layer, FunctionInvokingChatClient.CurrentContext);
}
