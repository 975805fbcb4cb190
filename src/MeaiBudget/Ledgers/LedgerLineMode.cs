namespace MeaiBudget;

/// <summary>What a ledger does with a line that does not fit its limit.</summary>
public enum LedgerLineMode
{
    /// <summary>Refuses the whole reservation.</summary>
    Enforce,

    /// <summary>Holds the line beyond the limit.</summary>
    Record,

    /// <summary>Leaves out this line only; its state in the result does not fit. An observing budget counts in this way what enforcing would admit.</summary>
    Shadow,
}
