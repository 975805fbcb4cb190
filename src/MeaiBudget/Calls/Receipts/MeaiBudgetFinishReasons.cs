using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>Finish reasons of answers that a budget ended. Not to be stored in a response cache.</summary>
public static class MeaiBudgetFinishReasons
{
    /// <summary>Gets the reason of a stream that was cut at the output that had been reserved.</summary>
    public static ChatFinishReason BudgetReached { get; } = new("budget_reached");

    /// <summary>Gets the reason of an answer that a budget refused to have made.</summary>
    public static ChatFinishReason BudgetExceeded { get; } = new("budget_exceeded");

    /// <summary>Gets the reason of a closing answer, made with what was kept back for it.</summary>
    public static ChatFinishReason WrappedUp { get; } = new("budget_wrapped_up");

    internal static bool IsOurs(ChatFinishReason? reason) =>
        reason == BudgetReached || reason == BudgetExceeded || reason == WrappedUp;
}
