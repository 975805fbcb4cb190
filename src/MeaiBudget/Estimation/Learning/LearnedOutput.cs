namespace MeaiBudget;

/// <summary>Output tokens of one model's last answers. Thread-safe.</summary>
internal sealed class LearnedOutput
{
    private const int Window = 256;
    private const int Fewest = 20;

    private readonly Lock _lock = new();
    private readonly long[] _tokens = new long[Window];
    private int _seen;

    public long LastUsed { get; set; }

    public void Observe(long tokens)
    {
        lock (_lock)
        {
            _tokens[_seen % Window] = tokens;
            _seen = _seen + 1 < 2 * Window ? _seen + 1 : Window;
        }
    }

    /// <summary>Returns the 95th percentile of the output tokens; null for fewer than twenty answers.</summary>
    public long? NinetyFifthPercentile()
    {
        long[] samples = Samples();
        if (samples.Length < Fewest)
        {
            return null;
        }

        Array.Sort(samples);
        return samples[(int)Math.Ceiling(0.95 * samples.Length) - 1];
    }

    public long[] Samples()
    {
        lock (_lock)
        {
            return _tokens[..Math.Min(_seen, Window)];
        }
    }
}
