namespace MeaiBudget;

/// <summary>The retry layer's word on attempts, copied from its options.</summary>
internal sealed class RetryPolicy : IAttemptRetryPolicy
{
    /// <summary>What the runtime's timers can wait at most, in whole days.</summary>
    private static readonly TimeSpan LongestTimer = TimeSpan.FromDays(49);

    private readonly int _maxRetries;
    private readonly TimeSpan _baseDelay;
    private readonly TimeSpan _maxDelay;
    private readonly TimeSpan _maxRetryAfter;
    private readonly bool _retryAmbiguous;
    private readonly Func<double> _randomizer;
    private readonly RetryBudget _budget;

    public RetryPolicy(RetryOptions options)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(options.MaxRetries);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.BaseDelay, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.MaxDelay, options.BaseDelay);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.MaxRetryAfter, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(options.AttemptTimeout, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.AttemptTimeout, LongestTimer);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.MaxDelay, LongestTimer);
        ThrowIfNotPositive(options.FirstContentTimeout, nameof(options.FirstContentTimeout));
        ThrowIfNotPositive(options.UpdateTimeout, nameof(options.UpdateTimeout));
        ThrowIfNotPositive(options.TotalTimeout, nameof(options.TotalTimeout));
        _maxRetries = options.MaxRetries;
        _baseDelay = options.BaseDelay;
        _maxDelay = options.MaxDelay;
        _maxRetryAfter = options.MaxRetryAfter;
        _retryAmbiguous = options.RetryAmbiguous;
        _randomizer = options.Randomizer ?? DefaultRandomizer;
        _budget = options.RetryBudget ?? RetryBudget.Shared;
        AttemptTimeout = options.AttemptTimeout;
        FirstContentTimeout = options.FirstContentTimeout;
        UpdateTimeout = options.UpdateTimeout;
        TotalTimeout = options.TotalTimeout;
    }

    public TimeSpan AttemptTimeout { get; }

    public TimeSpan? FirstContentTimeout { get; }

    public TimeSpan? UpdateTimeout { get; }

    public TimeSpan? TotalTimeout { get; }

    public void OnFirstAttempt() => _budget.CountFirstAttempt();

    public bool TryRetry() => _budget.TryRetry();

    public TimeSpan? NextDelay(ChatFailure failure, int retry, TimeSpan previousDelay)
    {
        bool mayRepeat = failure.Phase is ChatFailurePhase.NotSent or ChatFailurePhase.Rejected
            || (failure.Phase == ChatFailurePhase.Ambiguous && _retryAmbiguous);
        if (retry > _maxRetries || !failure.IsTransient || !mayRepeat || failure.RetryAfter > _maxRetryAfter)
        {
            return null;
        }

        TimeSpan backoff = Jittered(previousDelay);
        return failure.RetryAfter is { } stated && stated > backoff ? stated : backoff;
    }

    /// <summary>
    /// Decorrelated jitter: a random delay between the base and three times the one before, capped.
    /// Source: Marc Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
    /// </summary>
    private TimeSpan Jittered(TimeSpan previous)
    {
        TimeSpan upper = (previous < _baseDelay ? _baseDelay : previous) * 3;
        TimeSpan delay = _baseDelay + ((upper - _baseDelay) * _randomizer());
        return delay < _maxDelay ? delay : _maxDelay;
    }

    private static double DefaultRandomizer() =>
        System.Security.Cryptography.RandomNumberGenerator.GetInt32(int.MaxValue) / (double)int.MaxValue;

    private static void ThrowIfNotPositive(TimeSpan? value, string name)
    {
        if (value is { } given)
        {
            ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(given, TimeSpan.Zero, name);
        }
    }
}
