namespace MeaiBudget;

/// <summary>
/// Limits the ratio of retries to first attempts, so that retries do not add load during an outage.
/// Thread-safe; share one object between all pipelines of a process.
/// </summary>
/// <remarks>
/// Counts over a sliding window that consists of two halves. A retry is granted while the retries in the window stay within the
/// ratio of first attempts, or within the minimum.
/// </remarks>
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

    /// <summary>Creates a retry budget.</summary>
    /// <param name="ratio">Allowed retries per first attempt, from 0 to 1. Default: 0.1.</param>
    /// <param name="minimum">Retries that are always granted within a window, for processes with little traffic. 0 or more; default: 10.</param>
    /// <param name="window">The length of the window, more than zero; <see langword="null"/> for one minute.</param>
    /// <param name="timeProvider">The clock; <see langword="null"/> for <see cref="TimeProvider.System"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">A value is outside its range.</exception>
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

    /// <summary>Gets the retry budget that all pipelines of the process use by default.</summary>
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
