namespace MeaiBudget;

/// <summary>The contribution of a retry layer: the timeouts of attempts, and the decision on retries.</summary>
internal interface IAttemptRetryPolicy
{
    /// <summary>The timeout of one attempt; always finite.</summary>
    TimeSpan AttemptTimeout { get; }

    /// <summary>The timeout of a stream until its first content; null for none.</summary>
    TimeSpan? FirstContentTimeout { get; }

    /// <summary>The timeout between two updates of a stream; null for none.</summary>
    TimeSpan? UpdateTimeout { get; }

    /// <summary>The timeout of one pass through all candidates and retries; null for none.</summary>
    TimeSpan? TotalTimeout { get; }

    /// <summary>Returns the delay before the next attempt; null for no further attempt.</summary>
    /// <param name="failure">The failure of the last attempt.</param>
    /// <param name="retry">The number of the retry, from 1.</param>
    /// <param name="previousDelay">The delay before the last attempt; zero for the first retry.</param>
    TimeSpan? NextDelay(ChatFailure failure, int retry, TimeSpan previousDelay);

    /// <summary>Says why <see cref="NextDelay"/> returns null; null if the failure is not one that a retry could mend.</summary>
    string? WhyNoRetry(ChatFailure failure, int retry);

    /// <summary>Takes one retry from the retry budget of a route. Returns false if it is used up.</summary>
    bool TryRetry(string route);

    /// <summary>Counts a first attempt that succeeded or failed, which adds to the retry budget of its route.</summary>
    void OnFirstAttempt(string route);
}
