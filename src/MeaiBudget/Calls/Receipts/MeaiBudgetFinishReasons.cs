using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>Finish reasons of answers that a budget ended. Do not store these answers in a response cache.</summary>
public static class MeaiBudgetFinishReasons
{
    /// <summary>
    /// The name of the additional property in which an answer that a budget stopped or wrapped up states its finish reason, too. Workflows of
    /// Agent Framework that merge the answers of several agents keep it, but not the finish reason.
    /// </summary>
    public const string PropertyName = "meaibudget.finish_reason";

    /// <summary>Gets the finish reason of a stream that was cut at the reserved output tokens.</summary>
    public static ChatFinishReason BudgetReached { get; } = new("budget_reached");

    /// <summary>Gets the finish reason of an empty answer in place of a call that budgets refused.</summary>
    public static ChatFinishReason BudgetExceeded { get; } = new("budget_exceeded");

    /// <summary>Gets the finish reason of a closing answer, paid from the amount kept back for it.</summary>
    public static ChatFinishReason WrappedUp { get; } = new("budget_wrapped_up");

    internal static bool IsOurs(ChatFinishReason? reason) =>
        reason == BudgetReached || reason == BudgetExceeded || reason == WrappedUp;
}
