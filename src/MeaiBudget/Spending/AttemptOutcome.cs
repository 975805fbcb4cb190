namespace MeaiBudget;

/// <summary>How an attempt ended.</summary>
public enum AttemptOutcome
{
    /// <summary>It answered.</summary>
    Answered,

    /// <summary>It failed; <see cref="AttemptReceipt.Failure"/> says how.</summary>
    Failed,

    /// <summary>A budget refused it; nothing was sent.</summary>
    Refused,

    /// <summary>The route's circuit was open; nothing was sent.</summary>
    CircuitOpen,

    /// <summary>The candidate was skipped: it could not serve the request; nothing was sent.</summary>
    Skipped,

    /// <summary>The caller cancelled or left.</summary>
    Cancelled,
}
