namespace MeaiBudget;

/// <summary>What a budget does with a raw request that cannot be read before it is sent.</summary>
/// <remarks>
/// A raw request may raise the output limit, ask for several answers, or name another model, tier or conversation. Observing budgets only
/// report that they would refuse.
/// </remarks>
public enum UnseenRawRequestBehavior
{
    /// <summary>Enforcing budgets refuse it.</summary>
    Refuse,

    /// <summary>
    /// The limits of the model that the options name are reserved: its context window for the input and its output maximum. It is refused if
    /// they are not known. Several answers, another model and another tier in the raw request are not covered.
    /// </summary>
    ReserveModelLimits,
}
