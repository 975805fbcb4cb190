namespace MeaiBudget.Testing;

/// <summary>What happens in one step of a random history.</summary>
public enum SpendLedgerStepKind
{
    /// <summary>A reservation over some of the accounts.</summary>
    Reserve,

    /// <summary>The same reservation again, as after an answer that was lost.</summary>
    ReserveAgain,

    /// <summary>A final settlement, of a reservation in any state.</summary>
    Settle,

    /// <summary>An unconfirmed settlement, of a reservation in any state.</summary>
    SettleUnconfirmed,

    /// <summary>A release, of a reservation in any state.</summary>
    Release,

    /// <summary>A renewal, of a reservation in any state.</summary>
    Renew,

    /// <summary>Time passes, up to two hours: enough for leases to end and for a period's edge to be passed.</summary>
    Forward,

    /// <summary>Half a day passes.</summary>
    FarForward,

    /// <summary>The clock is set back, up to an hour.</summary>
    Back,

    /// <summary>An account's limit changes: higher, lower, zero or none.</summary>
    Limit,

    /// <summary>An account is granted something on top.</summary>
    Grant,

    /// <summary>A grant is repeated.</summary>
    GrantAgain,

    /// <summary>Something settled is corrected.</summary>
    Adjust,

    /// <summary>A correction is repeated.</summary>
    AdjustAgain,
}
