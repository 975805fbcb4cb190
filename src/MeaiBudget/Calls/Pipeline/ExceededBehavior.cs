namespace MeaiBudget;

/// <summary>What the caller gets when budgets refused every candidate.</summary>
public enum ExceededBehavior
{
    /// <summary>A <see cref="BudgetExceededException"/>.</summary>
    Throw,

    /// <summary>An empty answer with the finish reason <see cref="MeaiBudgetFinishReasons.BudgetExceeded"/>; a tool loop ends with what it has.</summary>
    Stop,

    /// <summary>
    /// A closing answer without tools, for which every open tool loop keeps money back; where not even that fits, as <see cref="Stop"/>.
    /// </summary>
    WrapUp,
}
