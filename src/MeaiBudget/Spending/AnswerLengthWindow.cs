namespace MeaiBudget;

/// <summary>The output tokens of the last 256 answers of one kind. Thread-safe.</summary>
internal sealed class AnswerLengthWindow
{
    /// <summary>The length of an answer of which not all output was shown.</summary>
    public const int Hidden = int.MaxValue;

    private const int Window = 256;
    private const int First = 32;
    private const double Share = 0.99;

    private readonly Lock _lock = new();
    private int[] _tokens = new int[First];
    private int _seen;
    private int _hidden;
    private long? _percentile;

    public long LastUsed { get; set; }

    /// <summary>True if one of the answers had hidden output.</summary>
    public bool HasHidden => Volatile.Read(ref _hidden) > 0;

    public void Observe(int tokens)
    {
        lock (_lock)
        {
            int at = _seen % Window;
            if (at >= _tokens.Length)
            {
                Array.Resize(ref _tokens, Math.Min(Window, _tokens.Length * 2));
            }

            if (_seen >= Window && _tokens[at] == Hidden)
            {
                _hidden--;
            }

            _tokens[at] = tokens;
            _hidden += tokens == Hidden ? 1 : 0;
            _seen = _seen + 1 < 2 * Window ? _seen + 1 : Window;
            _percentile = null;
        }
    }

    /// <summary>Returns the 99th percentile of the output tokens; null for fewer answers than are enough, or if one of them had hidden output.</summary>
    /// <remarks>
    /// A percentile of fewer than a hundred answers is beyond the longest of them. It is scaled up from it as for exponentially distributed
    /// lengths, where the longest of n is expected at ln(n + 1): by half for 20 answers.
    /// </remarks>
    public long? Percentile()
    {
        lock (_lock)
        {
            int count = Math.Min(_seen, Window);
            if (count < AnswerLengths.Enough || _hidden > 0)
            {
                return null;
            }

            return _percentile ??= Compute(count);
        }
    }

    private long Compute(int count)
    {
        Span<int> sorted = stackalloc int[count];
        _tokens.AsSpan(0, count).CopyTo(sorted);
        sorted.Sort();
        int rank = (int)Math.Ceiling(Share * count);
        double scale = Math.Max(1, Math.Log(1 / (1 - Share)) / Math.Log(count + 1));
        return (long)Math.Ceiling(sorted[rank - 1] * scale);
    }
}
