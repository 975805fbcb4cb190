namespace MeaiBudget;

/// <summary>What happened to a budget.</summary>
public enum BudgetEventKind
{
    /// <summary>Spend passed a threshold; once a period for each.</summary>
    ThresholdPassed,

    /// <summary>An attempt was refused.</summary>
    Refused,

    /// <summary>An observing budget would have refused.</summary>
    WouldHaveRefused,

    /// <summary>A provider billed more than was reserved.</summary>
    Overrun,

    /// <summary>A reservation was not settled in time and was charged in full.</summary>
    LeaseExpired,

    /// <summary>A grant was given.</summary>
    Granted,

    /// <summary>Something settled was corrected.</summary>
    Adjusted,

    /// <summary>The ledger could not be asked, and the budget let the call pass.</summary>
    LedgerUnavailable,

    /// <summary>An attempt ran without a known price.</summary>
    Unpriced,
}
