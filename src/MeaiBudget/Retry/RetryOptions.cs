namespace MeaiBudget;

/// <summary>Options of <see cref="RetryChatClient"/>; copied when the client is made.</summary>
public sealed class RetryOptions
{
    /// <summary>Gets or sets the retries after a first attempt, on the same route. Default: 2; 0 makes none.</summary>
    public int MaxRetries { get; set; } = 2;

    /// <summary>Gets or sets the shortest backoff. Default: 500 ms.</summary>
    public TimeSpan BaseDelay { get; set; } = TimeSpan.FromMilliseconds(500);

    /// <summary>Gets or sets the longest backoff. Default: 20 seconds.</summary>
    public TimeSpan MaxDelay { get; set; } = TimeSpan.FromSeconds(20);

    /// <summary>Gets or sets the longest wait that a provider may ask for; one that asks for more is left, and the next candidate asked. Default: 60 seconds.</summary>
    public TimeSpan MaxRetryAfter { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>Gets or sets the longest that one attempt may take. Always finite, at most 49 days; default: 15 minutes, since reasoning models think in silence.</summary>
    public TimeSpan AttemptTimeout { get; set; } = TimeSpan.FromMinutes(15);

    /// <summary>Gets or sets the longest that a stream may take to its first content; <see langword="null"/> for <see cref="AttemptTimeout"/> alone.</summary>
    public TimeSpan? FirstContentTimeout { get; set; }

    /// <summary>Gets or sets the longest silence between two updates of a stream; <see langword="null"/> for <see cref="AttemptTimeout"/> alone.</summary>
    public TimeSpan? UpdateTimeout { get; set; }

    /// <summary>Gets or sets the longest that one pass through all retries and candidates may take; <see langword="null"/> for no limit.</summary>
    public TimeSpan? TotalTimeout { get; set; }

    /// <summary>Gets or sets a value indicating whether attempts that may have been billed are retried; each is charged. Default: false.</summary>
    public bool RetryAmbiguous { get; set; }

    /// <summary>Gets or sets the source of randomness for the jitter, from 0 to below 1; thread-safe. Default: the runtime's.</summary>
    public Func<double>? Randomizer { get; set; }

    /// <summary>Gets or sets the budget that bounds the share of retries; <see langword="null"/> for the one that the process shares.</summary>
    public RetryBudget? RetryBudget { get; set; }

    internal RetryOptions Copy() => (RetryOptions)MemberwiseClone();
}
