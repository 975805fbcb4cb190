using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>Finds the run that a call is made in: the one its options carry, else the one that flows with the caller.</summary>
internal static class CallRun
{
    private static readonly AsyncLocal<IFlowingRun?> Flowing = new();

    /// <summary>A run that flows until it ends; then the nearest ancestor that has not ended takes its place.</summary>
    internal interface IFlowingRun : ISpendGate
    {
        bool HasEnded { get; }

        IFlowingRun? Parent { get; }
    }

    /// <summary>The nearest flowing run that has not ended.</summary>
    public static IFlowingRun? Current
    {
        get
        {
            IFlowingRun? run = Flowing.Value;
            while (run is { HasEnded: true })
            {
                run = run.Parent;
            }

            return run;
        }
        set => Flowing.Value = value;
    }

    public static ISpendGate? Of(ChatOptions? options) => (options as CallChatOptions)?.Run ?? Current;
}
