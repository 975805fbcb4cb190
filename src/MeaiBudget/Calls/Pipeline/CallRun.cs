using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;

namespace MeaiBudget;

/// <summary>Finds the run of a call: the run in its options, or else the current run of the caller's flow.</summary>
internal static class CallRun
{
    private static readonly AsyncLocal<IFlowingRun?> Flowing = new();
    private static int s_open;
    private static long s_outside;
    private static ILogger? s_logger;

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

    /// <summary>The number of runs that have begun and not ended.</summary>
    public static int OpenRuns => Volatile.Read(ref s_open);

    /// <summary>The number of calls that were made outside of any run while one was open.</summary>
    public static long CallsOutside => Interlocked.Read(ref s_outside);

    /// <summary>The logger of the last call outside of any run.</summary>
    public static ILogger? LoggerOfCallsOutside => Volatile.Read(ref s_logger);

    public static void Opened() => Interlocked.Increment(ref s_open);

    public static void Ended() => Interlocked.Decrement(ref s_open);

    /// <summary>Counts a call outside of any run, if a run is open.</summary>
    public static void CalledOutside(ILogger logger)
    {
        if (OpenRuns > 0)
        {
            Volatile.Write(ref s_logger, logger);
            Interlocked.Increment(ref s_outside);
        }
    }
}
