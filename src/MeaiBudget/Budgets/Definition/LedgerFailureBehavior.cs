namespace MeaiBudget;

/// <summary>What a budget does when its ledger cannot be asked.</summary>
public enum LedgerFailureBehavior
{
    /// <summary>Refuses the attempt.</summary>
    Deny,

    /// <summary>Lets the attempt pass, says so, and writes it down when the ledger is back: the limit is not kept meanwhile.</summary>
    Allow,
}
