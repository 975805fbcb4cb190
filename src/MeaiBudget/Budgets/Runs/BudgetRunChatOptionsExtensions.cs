using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>Says in <see cref="ChatOptions"/> which run a call belongs to, and what a fallback may not do.</summary>
public static partial class MeaiBudgetChatOptionsExtensions
{
    /// <summary>Makes options that name the run that a call belongs to, whatever flow it is made in.</summary>
    /// <remarks>
    /// For callers that lose the asynchronous flow: a stream that is enumerated later, a queue, a callback. Clones keep the run;
    /// nothing of it is serialised, so cache keys and requests stay as they are.
    /// </remarks>
    /// <param name="options">The options, which stay as they are; <see langword="null"/> for none.</param>
    /// <param name="run">The run.</param>
    /// <returns>The new options.</returns>
    public static ChatOptions WithBudgetRun(this ChatOptions? options, BudgetRun run)
    {
        ArgumentNullException.ThrowIfNull(run);
        return new CallChatOptions(options) { Run = run.Gate };
    }
}
