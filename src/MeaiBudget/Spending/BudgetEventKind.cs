namespace MeaiBudget;

/// <summary>What happened to a budget.</summary>
public enum BudgetEventKind
{
    /// <summary>Spend passed a threshold. Raised once in a period for each threshold.</summary>
    ThresholdPassed,

    /// <summary>An attempt was refused.</summary>
    Refused,

    /// <summary>An observing budget would have refused an attempt.</summary>
    WouldHaveRefused,

    /// <summary>The provider billed more than was reserved.</summary>
    Overrun,

    /// <summary>A reservation was not settled before its lease ended, and was charged in full.</summary>
    LeaseExpired,

    /// <summary>A grant was given.</summary>
    Granted,

    /// <summary>A settled attempt was corrected.</summary>
    Adjusted,

    /// <summary>The ledger failed, and the budget admitted the attempt without a check.</summary>
    LedgerUnavailable,

    /// <summary>A budget admitted an attempt whose price is not known.</summary>
    Unpriced,

    /// <summary>The ledger did not know the reservation of a settlement: it had forgotten, lost or released it. The message says whether the amount was charged.</summary>
    UnknownSettlement,
}
