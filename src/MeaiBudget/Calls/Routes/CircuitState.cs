namespace MeaiBudget;

/// <summary>The state of a route's circuit.</summary>
internal enum CircuitState
{
    /// <summary>Attempts are sent.</summary>
    Closed,

    /// <summary>No attempts are sent.</summary>
    Open,

    /// <summary>One attempt is in progress as the probe; no others are sent.</summary>
    HalfOpen,
}
