namespace MeaiBudget;

/// <summary>Is told what happens to calls and budgets. An observer that throws is logged and never breaks a call.</summary>
/// <remarks>Called on the path of the call: be quick. Implementations are thread-safe.</remarks>
public interface ICallObserver
{
    /// <summary>An attempt ended and was settled, released or refused.</summary>
    /// <param name="attempt">The attempt.</param>
    void OnAttempt(AttemptReceipt attempt)
    {
    }

    /// <summary>An attempt failed and will be made again on the same route; told before the wait.</summary>
    /// <param name="failed">The attempt that failed.</param>
    /// <param name="delay">How long is waited before the next one.</param>
    void OnRetry(AttemptReceipt failed, TimeSpan delay)
    {
    }

    /// <summary>A call ended, well or not.</summary>
    /// <param name="receipt">The call's receipt.</param>
    void OnCall(CallReceipt receipt)
    {
    }

    /// <summary>Something happened to a budget: a threshold passed, an overrun, a lease expired, a grant, an adjustment, a degraded ledger.</summary>
    /// <param name="budgetEvent">The event.</param>
    void OnBudget(BudgetEvent budgetEvent)
    {
    }
}
