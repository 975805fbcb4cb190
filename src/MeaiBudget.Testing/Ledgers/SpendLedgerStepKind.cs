namespace MeaiBudget.Testing;

/// <summary>Kinds of random operations.</summary>
public enum SpendLedgerStepKind
{
    /// <summary>Reserves in some of the accounts.</summary>
    Reserve,

    /// <summary>Repeats the same reservation, as after a lost response.</summary>
    ReserveAgain,

    /// <summary>Settles a reservation in any state, finally.</summary>
    Settle,

    /// <summary>Settles a reservation in any state, unconfirmed.</summary>
    SettleUnconfirmed,

    /// <summary>Releases a reservation in any state.</summary>
    Release,

    /// <summary>Renews a reservation in any state.</summary>
    Renew,

    /// <summary>Moves the clock forward, up to two hours: enough for leases to expire and periods to end.</summary>
    Forward,

    /// <summary>Moves the clock forward by half a day.</summary>
    FarForward,

    /// <summary>Sets the clock back, up to an hour.</summary>
    Back,

    /// <summary>Changes an account's limit: higher, lower, zero or none.</summary>
    Limit,

    /// <summary>Adds a grant to an account.</summary>
    Grant,

    /// <summary>Repeats a grant.</summary>
    GrantAgain,

    /// <summary>Adjusts a settled reservation.</summary>
    Adjust,

    /// <summary>Repeats an adjustment.</summary>
    AdjustAgain,

    /// <summary>Adds a signed amount to an account's charge.</summary>
    AdjustAccount,

    /// <summary>Repeats the adjustment of an account.</summary>
    AdjustAccountAgain,
}
