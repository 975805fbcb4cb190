namespace MeaiBudget;

/// <summary>An estimate after what was learned.</summary>
internal readonly record struct LearnedEstimate(long Tokens, long UpperBound, bool IsLearned);

/// <summary>How far one model's reported input lies from its estimates: a robust correction over the last requests, and its spread. Thread-safe.</summary>
/// <remarks>
/// Two corrections compete, a factor (the tokenizer differs) and an offset (a hidden prompt or envelope); each is the median over the
/// last <see cref="Window"/> requests, so that single odd answers move nothing, and the one with the smaller median residual is used;
/// none, if neither gains. Requests with the very same tools are corrected from the first one on.
/// </remarks>
internal sealed class LearnedInput(bool isSpecific)
{
    private const int Window = 48;
    private const int FewestToCorrect = 3;
    private const int FewestToNarrow = 32;

    // Answers between two fits once many are known: few where one came out otherwise than expected, many where none did.
    private const int RefitAfter = 8;
    private const int RefitAtLeastAfter = 64;
    private const double Unexpected = 0.02;

    // One request that is this far off may be the odd one: a second must agree.
    private const double MostFromOne = 0.8;

    // A correction that gains less than this share of a request is noise.
    private const double LeastGain = 0.004;

    private readonly Lock _lock = new();
    private readonly long[] _estimated = new long[Window];
    private readonly long[] _reported = new long[Window];
    private int _seen;
    private int _sinceFit;
    private bool _wasSurprised;
    private Correction? _correction;

    public long LastUsed { get; set; }

    public void Observe(long estimated, long reported)
    {
        lock (_lock)
        {
            _estimated[_seen % Window] = estimated;
            _reported[_seen % Window] = reported;

            // The count only tells how full the window is and where to write next.
            _seen = _seen + 1 < 2 * Window ? _seen + 1 : Window;
            int count = Math.Min(_seen, Window);

            // Medians of many requests hardly move with one more, and this is on the path of every call.
            _wasSurprised |= _correction is { } known && known.ErrorOf(estimated, reported) > (2 * known.Residual) + Unexpected;
            if (count <= FewestToNarrow || ++_sinceFit >= (_wasSurprised ? RefitAfter : RefitAtLeastAfter))
            {
                _sinceFit = 0;
                _wasSurprised = false;
                Volatile.Write(ref _correction, Fit(count));
            }
        }
    }

    public LearnedEstimate Correct(long tokens, long upperBound)
    {
        Correction? correction = Volatile.Read(ref _correction);
        if (correction is null or { Factor: 1, Offset: 0, Count: < FewestToNarrow } || (correction.Count < FewestToCorrect && !isSpecific))
        {
            return new LearnedEstimate(tokens, upperBound, IsLearned: false);
        }

        long corrected = Math.Max(1, (long)Math.Round((tokens * correction.Factor) + correction.Offset));
        if (correction.Count == 1 && Math.Abs(corrected - tokens) > tokens * MostFromOne)
        {
            return new LearnedEstimate(tokens, Math.Max(upperBound, corrected), IsLearned: false);
        }

        long room = 8 + (long)Math.Ceiling(Math.Max(correction.AbsoluteSpread, correction.RelativeSpread * corrected) * 1.5);
        long learnedBound = corrected + room;

        // With few requests seen, the spread is not known: the wider of both bounds stands.
        long wide = Math.Max(learnedBound, Math.Max(upperBound, corrected + Math.Max(0, upperBound - tokens)));
        return new LearnedEstimate(corrected, correction.Count < FewestToNarrow ? wide : learnedBound, IsLearned: true);
    }

    public long[][] Samples()
    {
        lock (_lock)
        {
            int count = Math.Min(_seen, Window);
            var samples = new long[count][];
            for (int index = 0; index < count; index++)
            {
                samples[index] = [_estimated[index], _reported[index]];
            }

            return samples;
        }
    }

    private static double Median(Span<double> values)
    {
        values.Sort();
        int middle = values.Length / 2;
        return values.Length % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
    }

    private Correction Fit(int count)
    {
        Span<double> values = stackalloc double[Window];
        values = values[..count];
        for (int index = 0; index < count; index++)
        {
            values[index] = _reported[index] / (double)_estimated[index];
        }

        double factor = Math.Clamp(Median(values), 0.2, 5);
        for (int index = 0; index < count; index++)
        {
            values[index] = _reported[index] - _estimated[index];
        }

        double offset = Median(values);
        Correction none = Measure(new Correction(count, 1, 0, 0, 0, 0), values);
        Correction byFactor = Measure(new Correction(count, factor, 0, 0, 0, 0), values);
        Correction byOffset = Measure(new Correction(count, 1, offset, 0, 0, 0), values);
        Correction best = byFactor.Residual < byOffset.Residual ? byFactor : byOffset;
        return best.Residual < none.Residual - LeastGain ? best : none;
    }

    private Correction Measure(Correction correction, Span<double> values)
    {
        double widest = 0;
        double widestRelative = 0;
        for (int index = 0; index < values.Length; index++)
        {
            double corrected = correction.Corrected(_estimated[index]);
            double error = _reported[index] - corrected;
            values[index] = correction.ErrorOf(_estimated[index], _reported[index]);

            // Only what lies above matters for a bound.
            widest = Math.Max(widest, Math.Min(error, 400));
            widestRelative = Math.Max(widestRelative, error / Math.Max(corrected, 400));
        }

        return correction with { Residual = Median(values), AbsoluteSpread = widest, RelativeSpread = widestRelative };
    }

    private sealed record Correction(int Count, double Factor, double Offset, double Residual, double AbsoluteSpread, double RelativeSpread)
    {
        public double Corrected(long estimated) => Math.Max(1, (estimated * Factor) + Offset);

        /// <summary>The error of a request, as a share of what was reported.</summary>
        public double ErrorOf(long estimated, long reported) => Math.Abs(reported - Corrected(estimated)) / Math.Max(100, reported);
    }
}
