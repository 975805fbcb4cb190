using System.Collections.Concurrent;

namespace MeaiBudget;

/// <summary>
/// Limits the ratio of retries to first attempts, so that retries do not add load during an outage.
/// Thread-safe; share one object between all pipelines of a process.
/// </summary>
/// <remarks>
/// Counts each route by its name, so that an outage of one does not use up the retries of others, over a sliding window that consists of
/// two halves. A retry is granted while the route's retries in the window stay within the ratio of its first attempts, or within the
/// minimum.
/// </remarks>
public sealed class RetryBudget
{
    internal const double DefaultRatio = 0.1;
    internal const int DefaultMinimum = 10;

    private const int MostRoutes = 1_000;

    private readonly ConcurrentDictionary<string, Window> _windows = new(StringComparer.Ordinal);
    private int _routes;
    private readonly TimeProvider _clock;
    private readonly TimeSpan _half;

    /// <summary>Creates a retry budget.</summary>
    /// <param name="ratio">Allowed retries per first attempt, from 0 to 1. Default: 0.1.</param>
    /// <param name="minimum">Retries that are always granted to a route within a window, for processes with little traffic. 0 or more; default: 10.</param>
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
    }

    /// <summary>Gets the retry budget that all pipelines of the process use by default.</summary>
    public static RetryBudget Shared { get; } = new();

    internal double Ratio { get; }

    internal int Minimum { get; }

    internal void CountFirstAttempt(string route = "") => WindowOf(route).CountFirstAttempt();

    internal bool TryRetry(string route = "") => WindowOf(route).TryRetry();

    private Window WindowOf(string route) =>
        _windows.TryGetValue(route, out Window? known) ? known
        : _windows.GetOrAdd(HasRoom() ? route : "", static (_, budget) => new Window(budget), this);

    // Routes are counted here, because the dictionary's own count takes all its locks.
    private bool HasRoom() => Volatile.Read(ref _routes) < MostRoutes && Interlocked.Increment(ref _routes) <= MostRoutes;

    /// <summary>The counts of one route.</summary>
    private sealed class Window(RetryBudget budget)
    {
        private readonly Lock _lock = new();
        private long _halfStarted = budget._clock.GetTimestamp();
        private long _firsts;
        private long _retries;
        private long _previousFirsts;
        private long _previousRetries;

        public void CountFirstAttempt()
        {
            lock (_lock)
            {
                Slide();
                _firsts++;
            }
        }

        public bool TryRetry()
        {
            lock (_lock)
            {
                Slide();
                long retries = _retries + _previousRetries;
                if (retries + 1 > Math.Max(budget.Minimum, budget.Ratio * (_firsts + _previousFirsts)))
                {
                    return false;
                }

                _retries++;
                return true;
            }
        }

        private void Slide()
        {
            TimeSpan elapsed = budget._clock.GetElapsedTime(_halfStarted);
            if (elapsed < budget._half)
            {
                return;
            }

            bool isNext = elapsed < 2 * budget._half;
            (_previousFirsts, _previousRetries) = isNext ? (_firsts, _retries) : (0, 0);
            (_firsts, _retries) = (0, 0);
            _halfStarted = budget._clock.GetTimestamp();
        }
    }
}
