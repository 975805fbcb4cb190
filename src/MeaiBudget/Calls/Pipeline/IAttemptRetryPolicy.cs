namespace MeaiBudget;

/// <summary>What a retry layer contributes: how long attempts may take, and whether another one is made.</summary>
internal interface IAttemptRetryPolicy
{
    /// <summary>The longest that one attempt may take; always finite.</summary>
    TimeSpan AttemptTimeout { get; }

    /// <summary>The longest that a stream may take to its first content; null for no limit of its own.</summary>
    TimeSpan? FirstContentTimeout { get; }

    /// <summary>The longest silence between two updates of a stream; null for no limit of its own.</summary>
    TimeSpan? UpdateTimeout { get; }

    /// <summary>The longest that one pass through all candidates and retries may take; null for no limit.</summary>
    TimeSpan? TotalTimeout { get; }

    /// <summary>Says how long to wait before the next attempt, or null to make none.</summary>
    /// <param name="failure">Why the last one failed.</param>
    /// <param name="retry">The number of the retry in question, from 1.</param>
    /// <param name="previousDelay">The delay before, zero for the first.</param>
    TimeSpan? NextDelay(ChatFailure failure, int retry, TimeSpan previousDelay);

    /// <summary>Asks for a retry that would be made now; what is granted counts.</summary>
    bool TryRetry();

    /// <summary>Told of every first attempt that succeeds or fails, which feeds the retry budget.</summary>
    void OnFirstAttempt();
}
