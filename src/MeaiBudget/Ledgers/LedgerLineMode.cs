namespace MeaiBudget;

/// <summary>What a ledger does with a line that does not fit its limit.</summary>
public enum LedgerLineMode
{
    /// <summary>Refuses the whole reservation.</summary>
    Enforce,

    /// <summary>Holds the line beyond the limit.</summary>
    Record,

    /// <summary>
    /// Leaves out all shadow lines of the reservation, but no other lines; the state of the line in the result does not fit. Observing
    /// budgets count in this way what they would admit if they enforced: an attempt that one of them refuses is taken in none.
    /// </summary>
    Shadow,
}
