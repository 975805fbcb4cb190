namespace MeaiBudget;

/// <summary>Sets what a budget does if its ledger fails.</summary>
public enum LedgerFailureBehavior
{
    /// <summary>Refuses the attempt.</summary>
    Deny,

    /// <summary>Admits the attempt without a check and raises an event. The charge is sent when the ledger works again; until then the limit is not enforced.</summary>
    Allow,
}
