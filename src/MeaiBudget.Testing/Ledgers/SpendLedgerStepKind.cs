namespace MeaiBudget.Testing;

/// <summary>The operation of a <see cref="SpendLedgerStep"/>.</summary>
public enum SpendLedgerStepKind
{
    /// <summary>A reservation over some of the accounts.</summary>
    Reserve,

    /// <summary>The same reservation again, as after a lost reply.</summary>
    ReserveAgain,

    /// <summary>A final settlement, of a reservation in any state.</summary>
    Settle,

    /// <summary>An unconfirmed settlement, of a reservation in any state.</summary>
    SettleUnconfirmed,

    /// <summary>A release, of a reservation in any state.</summary>
    Release,

    /// <summary>A renewal, of a reservation in any state.</summary>
    Renew,

    /// <summary>Time passes, up to two hours, so that leases end and periods change.</summary>
    Forward,

    /// <summary>Half a day passes.</summary>
    FarForward,

    /// <summary>The clock is set back, up to an hour.</summary>
    Back,

    /// <summary>An account's limit changes: higher, lower, zero or none.</summary>
    Limit,

    /// <summary>An account gets a grant.</summary>
    Grant,

    /// <summary>A grant is repeated.</summary>
    GrantAgain,

    /// <summary>A settled reservation is adjusted.</summary>
    Adjust,

    /// <summary>An adjustment is repeated.</summary>
    AdjustAgain,
}
