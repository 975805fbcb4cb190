namespace MeaiBudget;

/// <summary>Sets the result of a call if budgets refused all candidates.</summary>
public enum ExceededBehavior
{
    /// <summary>The call throws <see cref="BudgetExceededException"/>.</summary>
    Throw,

    /// <summary>The call returns an empty answer with the finish reason <see cref="MeaiBudgetFinishReasons.BudgetExceeded"/>. A tool loop ends with the results so far.</summary>
    Stop,

    /// <summary>
    /// The call returns a closing answer without tools. Every open tool loop keeps an amount back for it. If budgets refuse the closing
    /// answer too, the result is that of <see cref="Stop"/>.
    /// </summary>
    WrapUp,
}
