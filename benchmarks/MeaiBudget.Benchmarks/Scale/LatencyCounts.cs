namespace MeaiBudget.Benchmarks;

/// <summary>Counts durations in steps of a tenth of a millisecond, up to a minute. Thread-safe.</summary>
internal sealed class LatencyCounts
{
    private const int StepsPerMillisecond = 10;

    private readonly long[] _counts = new long[60_000 * StepsPerMillisecond];

    /// <summary>Counts a duration.</summary>
    /// <param name="duration">The duration.</param>
    public void Add(TimeSpan duration) =>
        Interlocked.Increment(ref _counts[Math.Min((int)(duration.TotalMilliseconds * StepsPerMillisecond), _counts.Length - 1)]);

    /// <summary>Returns the duration in milliseconds that a share of all durations does not exceed.</summary>
    /// <param name="share">The share, from 0 to 1.</param>
    public double Milliseconds(double share)
    {
        long rest = (long)Math.Ceiling(_counts.Sum() * share);
        for (int step = 0; step < _counts.Length; step++)
        {
            rest -= _counts[step];
            if (rest <= 0)
            {
                return (step + 1) / (double)StepsPerMillisecond;
            }
        }

        return 0;
    }
}
