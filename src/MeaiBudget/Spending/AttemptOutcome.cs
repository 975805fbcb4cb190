namespace MeaiBudget;

/// <summary>How an attempt ended.</summary>
public enum AttemptOutcome
{
    /// <summary>The provider answered.</summary>
    Answered,

    /// <summary>The attempt failed; see <see cref="AttemptReceipt.Failure"/>.</summary>
    Failed,

    /// <summary>A budget refused the attempt; nothing was sent.</summary>
    Refused,

    /// <summary>The route's circuit was open; nothing was sent.</summary>
    CircuitOpen,

    /// <summary>The candidate could not serve the request and was skipped; nothing was sent.</summary>
    Skipped,

    /// <summary>The caller cancelled the call or stopped reading the stream.</summary>
    Cancelled,
}
