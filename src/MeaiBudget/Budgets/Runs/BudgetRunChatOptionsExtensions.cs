using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>Sets the run of a call, and restrictions on fallbacks, in <see cref="ChatOptions"/>.</summary>
public static partial class MeaiBudgetChatOptionsExtensions
{
    /// <summary>Returns options that assign a call to a run, independent of the asynchronous flow in which it is made.</summary>
    /// <remarks>
    /// For callers that lose the asynchronous flow: a stream that is enumerated later, a queue, a callback. Clones keep the run. The run is
    /// not serialized, so cache keys and requests do not change.
    /// </remarks>
    /// <param name="options">The options, which are not changed; <see langword="null"/> for none.</param>
    /// <param name="run">The run.</param>
    /// <returns>The new options.</returns>
    public static ChatOptions WithBudgetRun(this ChatOptions? options, BudgetRun run)
    {
        ArgumentNullException.ThrowIfNull(run);
        return new CallChatOptions(options) { Run = run.Gate };
    }
}
