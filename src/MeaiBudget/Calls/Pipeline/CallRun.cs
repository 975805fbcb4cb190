using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>Finds the run of a call: the run in its options, or else the current run of the caller's flow.</summary>
internal static class CallRun
{
    private static readonly AsyncLocal<IFlowingRun?> Flowing = new();

    /// <summary>A run that is current in its flow until it ends. Then its nearest parent that has not ended is current.</summary>
    internal interface IFlowingRun : ISpendGate
    {
        bool HasEnded { get; }

        IFlowingRun? Parent { get; }
    }

    /// <summary>The innermost run of the flow that has not ended.</summary>
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
