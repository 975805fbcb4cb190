namespace MeaiBudget;

/// <summary>What a budget does when it is exceeded.</summary>
public enum Enforcement
{
    /// <summary>Changes and refuses nothing; counts what it would have refused.</summary>
    Observe,

    /// <summary>Refuses nothing, charges everything, and says so when a limit is passed.</summary>
    Warn,

    /// <summary>Refuses what does not fit.</summary>
    Enforce,
}
