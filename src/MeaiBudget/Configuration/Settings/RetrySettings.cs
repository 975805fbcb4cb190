namespace MeaiBudget;

/// <summary>How failed attempts are made again, in configuration; <see cref="RetryOptions"/> says more of each.</summary>
public sealed class RetrySettings
{
    private static readonly RetryOptions Defaults = new();

    /// <summary>Gets or sets the retries after a first attempt, on the same route. Default: 2; 0 makes none.</summary>
    public int MaxRetries { get; set; } = Defaults.MaxRetries;

    /// <summary>Gets or sets the shortest backoff. Default: 500 ms.</summary>
    public TimeSpan BaseDelay { get; set; } = Defaults.BaseDelay;

    /// <summary>Gets or sets the longest backoff. Default: 20 seconds.</summary>
    public TimeSpan MaxDelay { get; set; } = Defaults.MaxDelay;

    /// <summary>Gets or sets the longest wait that a provider may ask for. Default: 60 seconds.</summary>
    public TimeSpan MaxRetryAfter { get; set; } = Defaults.MaxRetryAfter;

    /// <summary>Gets or sets the longest that one attempt may take. Default: 15 minutes.</summary>
    public TimeSpan AttemptTimeout { get; set; } = Defaults.AttemptTimeout;

    /// <summary>Gets or sets the longest that a stream may take to its first content. Default: as long as an attempt.</summary>
    public TimeSpan? FirstContentTimeout { get; set; }

    /// <summary>Gets or sets the longest silence between two updates of a stream. Default: as long as an attempt.</summary>
    public TimeSpan? UpdateTimeout { get; set; }

    /// <summary>Gets or sets the longest that one pass through all retries and candidates may take. Default: no limit.</summary>
    public TimeSpan? TotalTimeout { get; set; }

    /// <summary>Gets or sets a value indicating whether attempts that may have been billed are retried. Default: false.</summary>
    public bool RetryAmbiguous { get; set; }

    /// <summary>Gets or sets the share of retries among all attempts that is granted, from 0 to 1. Default: 0.1.</summary>
    public double MaxRetryRatio { get; set; } = 0.1;

    /// <summary>Gets or sets the retries that are granted within a minute whatever their share. Default: 10.</summary>
    public int MinRetriesPerMinute { get; set; } = 10;

    internal RetryOptions ToOptions(TimeProvider clock) => new()
    {
        MaxRetries = MaxRetries,
        BaseDelay = BaseDelay,
        MaxDelay = MaxDelay,
        MaxRetryAfter = MaxRetryAfter,
        AttemptTimeout = AttemptTimeout,
        FirstContentTimeout = FirstContentTimeout,
        UpdateTimeout = UpdateTimeout,
        TotalTimeout = TotalTimeout,
        RetryAmbiguous = RetryAmbiguous,
        RetryBudget = new RetryBudget(MaxRetryRatio, MinRetriesPerMinute, timeProvider: clock),
    };
}
