namespace MeaiBudget;

/// <summary>How one line of a reservation meets its limit.</summary>
public enum LedgerLineMode
{
    /// <summary>If the line does not fit, the whole reservation is refused.</summary>
    Enforce,

    /// <summary>The line is always taken, beyond the limit too.</summary>
    Record,

    /// <summary>If the line does not fit, it alone is left out, and the result says so: a shadow account of what enforcing would do.</summary>
    Shadow,
}
