namespace MeaiBudget;

/// <summary>Receives notifications of calls and budgets. If an observer throws, the exception is logged and the call continues.</summary>
/// <remarks>Methods run during the call, so they must be fast. Implementations must be thread-safe.</remarks>
public interface ICallObserver
{
    /// <summary>Called after an attempt ended and was settled, released, refused or skipped.</summary>
    /// <param name="attempt">The attempt.</param>
    void OnAttempt(AttemptReceipt attempt)
    {
    }

    /// <summary>Called before the wait for a retry of a failed attempt on the same route.</summary>
    /// <param name="failed">The attempt that failed.</param>
    /// <param name="delay">The wait before the next attempt.</param>
    void OnRetry(AttemptReceipt failed, TimeSpan delay)
    {
    }

    /// <summary>Called after a call ended, with an answer or an exception.</summary>
    /// <param name="receipt">The call's receipt.</param>
    void OnCall(CallReceipt receipt)
    {
    }

    /// <summary>Called for an event of a budget, for example a passed threshold, an overrun, an expired lease, a grant, an adjustment or a failed ledger.</summary>
    /// <param name="budgetEvent">The event.</param>
    void OnBudget(BudgetEvent budgetEvent)
    {
    }
}
