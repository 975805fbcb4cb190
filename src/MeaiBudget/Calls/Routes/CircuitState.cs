namespace MeaiBudget;

/// <summary>Whether a route is being asked.</summary>
internal enum CircuitState
{
    /// <summary>The route is asked.</summary>
    Closed,

    /// <summary>The route rests; nothing is sent.</summary>
    Open,

    /// <summary>One probe is under way; nothing else is sent.</summary>
    HalfOpen,
}
