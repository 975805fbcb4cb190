namespace MeaiBudget;

/// <summary>
/// Bounds the share of retries among all attempts, so that an outage is not made worse by everybody trying again.
/// Thread-safe; meant to be shared by all pipelines of a process.
/// </summary>
/// <remarks>Counts over a sliding window of two halves: a retry is granted while retries stay within the ratio of first attempts, or within the minimum.</remarks>
public sealed class RetryBudget
{
    internal const double DefaultRatio = 0.1;
    internal const int DefaultMinimum = 10;

    private readonly Lock _lock = new();
    private readonly TimeProvider _clock;
    private readonly TimeSpan _half;
    private long _halfStarted;
    private long _firsts;
    private long _retries;
    private long _previousFirsts;
    private long _previousRetries;

    /// <summary>Makes a retry budget.</summary>
    /// <param name="ratio">Retries for each first attempt, from 0 to 1.</param>
    /// <param name="minimum">Retries that are always granted within a window, for callers with little traffic.</param>
    /// <param name="window">The length of the window; <see langword="null"/> for one minute.</param>
    /// <param name="timeProvider">The clock.</param>
    public RetryBudget(double ratio = DefaultRatio, int minimum = DefaultMinimum, TimeSpan? window = null, TimeProvider? timeProvider = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(ratio);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(ratio, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(minimum);
        Ratio = ratio;
        Minimum = minimum;
        _clock = timeProvider ?? TimeProvider.System;
        _half = (window ?? TimeSpan.FromMinutes(1)) / 2;
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(_half, TimeSpan.Zero, nameof(window));
        _halfStarted = _clock.GetTimestamp();
    }

    /// <summary>Gets the budget that the process shares.</summary>
    public static RetryBudget Shared { get; } = new();

    internal double Ratio { get; }

    internal int Minimum { get; }

    internal void CountFirstAttempt()
    {
        lock (_lock)
        {
            Slide();
            _firsts++;
        }
    }

    internal bool TryRetry()
    {
        lock (_lock)
        {
            Slide();
            long retries = _retries + _previousRetries;
            if (retries + 1 > Math.Max(Minimum, Ratio * (_firsts + _previousFirsts)))
            {
                return false;
            }

            _retries++;
            return true;
        }
    }

    private void Slide()
    {
        TimeSpan elapsed = _clock.GetElapsedTime(_halfStarted);
        if (elapsed < _half)
        {
            return;
        }

        bool isNext = elapsed < 2 * _half;
        (_previousFirsts, _previousRetries) = isNext ? (_firsts, _retries) : (0, 0);
        (_firsts, _retries) = (0, 0);
        _halfStarted = _clock.GetTimestamp();
    }
}
