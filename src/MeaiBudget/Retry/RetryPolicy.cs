using System.Globalization;

namespace MeaiBudget;

/// <summary>Decides about retries by a validated copy of <see cref="RetryOptions"/>. Thread-safe.</summary>
internal sealed class RetryPolicy(RetryOptions options, TimeProvider clock) : IAttemptRetryPolicy
{
    private readonly RetryOptions _options = options.Validated();
    private readonly RetryBudget _budget = options.BudgetFor(clock);
    private readonly Func<double> _randomizer = options.Randomizer ?? DefaultRandomizer;

    public TimeSpan AttemptTimeout => _options.AttemptTimeout;

    public TimeSpan? FirstContentTimeout => _options.FirstContentTimeout;

    public TimeSpan? UpdateTimeout => _options.UpdateTimeout;

    public TimeSpan? TotalTimeout => _options.TotalTimeout;

    public void OnFirstAttempt(string route) => _budget.CountFirstAttempt(route);

    public bool TryRetry(string route) => _budget.TryRetry(route);

    public string? WhyNoRetry(ChatFailure failure, int retry) =>
        !failure.IsTransient || _options.MaxRetries == 0 ? null
        : failure.Phase == ChatFailurePhase.Ambiguous && !_options.RetryAmbiguous ? "the provider may have billed it, and RetryAmbiguous is false"
        : failure.RetryAfter > _options.MaxRetryAfter ? string.Create(
            CultureInfo.InvariantCulture, $"the provider asks to wait {failure.RetryAfter.Value.TotalSeconds:0.#} s, more than MaxRetryAfter ({_options.MaxRetryAfter.TotalSeconds:0.#} s)")
        : retry > _options.MaxRetries ? string.Create(CultureInfo.InvariantCulture, $"MaxRetries ({_options.MaxRetries}) is reached")
        : null;

    public TimeSpan? NextDelay(ChatFailure failure, int retry, TimeSpan previousDelay)
    {
        bool mayRepeat = failure.Phase is ChatFailurePhase.NotSent or ChatFailurePhase.Rejected
            || (failure.Phase == ChatFailurePhase.Ambiguous && _options.RetryAmbiguous);
        if (retry > _options.MaxRetries || !failure.IsTransient || !mayRepeat || failure.RetryAfter > _options.MaxRetryAfter)
        {
            return null;
        }

        TimeSpan backoff = Jittered(previousDelay);
        return failure.RetryAfter is { } stated && stated > backoff ? stated : backoff;
    }

    /// <summary>
    /// Returns a delay with decorrelated jitter: random between the base and three times the previous delay, capped.
    /// Source: Marc Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
    /// </summary>
    private TimeSpan Jittered(TimeSpan previous)
    {
        TimeSpan upper = (previous < _options.BaseDelay ? _options.BaseDelay : previous) * 3;
        TimeSpan delay = _options.BaseDelay + ((upper - _options.BaseDelay) * _randomizer());
        return delay < _options.MaxDelay ? delay : _options.MaxDelay;
    }

    private static double DefaultRandomizer() =>
        System.Security.Cryptography.RandomNumberGenerator.GetInt32(int.MaxValue) / (double)int.MaxValue;
}
