namespace MeaiBudget;

/// <summary>Why a budget refused.</summary>
public enum RefusalReason
{
    /// <summary>The limit is spent: refused until the period resets.</summary>
    Spent,

    /// <summary>Others' open reservations hold what is left: may fit again in seconds.</summary>
    Held,

    /// <summary>The model has no known price.</summary>
    UnknownPrice,

    /// <summary>The input cannot be bounded from the request.</summary>
    UnboundedInput,

    /// <summary>The ledger could not be asked.</summary>
    LedgerUnavailable,

    /// <summary>The run has ended.</summary>
    RunEnded,
}
