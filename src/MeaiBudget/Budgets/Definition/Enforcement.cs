namespace MeaiBudget;

/// <summary>Sets what a budget does with an attempt that does not fit its limit.</summary>
public enum Enforcement
{
    /// <summary>Admits the attempt, and counts it as one that an enforcing budget would have refused.</summary>
    Observe,

    /// <summary>Admits the attempt, charges it, and raises an event when a limit is passed.</summary>
    Warn,

    /// <summary>Refuses the attempt.</summary>
    Enforce,
}
