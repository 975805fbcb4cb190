namespace MeaiBudget;

/// <summary>An estimate after correction.</summary>
internal readonly record struct LearnedEstimate(long Tokens, long UpperBound, bool IsLearned);

/// <summary>Correction of one model's estimates by its reported input tokens: robust against outliers, with its spread. Thread-safe.</summary>
/// <remarks>
/// Two corrections are fitted over the last <see cref="Window"/> requests: a factor (another tokenizer) and an offset (a hidden prompt
/// or envelope). Each is a median, so single outliers have no effect. The one with the smaller median residual is used; neither is used
/// if it improves nothing. Requests with the same set of tools are corrected from the first one on.
/// </remarks>
internal sealed class LearnedInput(bool isSpecific)
{
    private const int Window = 48;
    private const int FewestToCorrect = 3;
    private const int FewestToNarrow = 32;

    // Number of requests between two fits once the window is filled: few after an unexpected result, many otherwise.
    private const int RefitAfter = 8;
    private const int RefitAtLeastAfter = 64;
    private const double Unexpected = 0.02;

    // If a single request is further off than this, it may be an outlier, so a second one must confirm it.
    private const double MostFromOne = 0.8;

    // A smaller improvement of the median residual is noise.
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

            // _seen only indicates how full the window is and where to write next.
            _seen = _seen + 1 < 2 * Window ? _seen + 1 : Window;
            int count = Math.Min(_seen, Window);

            // One more request hardly changes the median of many, and this code runs in every call, so fit less often.
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

        // With few requests the spread is unknown, so use the wider of both bounds.
        long wide = Math.Max(learnedBound, Math.Max(upperBound, corrected + Math.Max(0, upperBound - tokens)));
        return new LearnedEstimate(corrected, correction.Count < FewestToNarrow ? wide : learnedBound, IsLearned: true);
    }

    public long[][] Samples()
    {
        lock (_lock)
        {
            int count = Math.Min(_seen, Window);
            long[][] samples = new long[count][];
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

            // An upper bound depends only on errors above the estimate.
            widest = Math.Max(widest, Math.Min(error, 400));
            widestRelative = Math.Max(widestRelative, error / Math.Max(corrected, 400));
        }

        return correction with { Residual = Median(values), AbsoluteSpread = widest, RelativeSpread = widestRelative };
    }

    private sealed record Correction(int Count, double Factor, double Offset, double Residual, double AbsoluteSpread, double RelativeSpread)
    {
        public double Corrected(long estimated) => Math.Max(1, (estimated * Factor) + Offset);

        /// <summary>Returns the error of a corrected estimate, relative to the reported tokens.</summary>
        public double ErrorOf(long estimated, long reported) => Math.Abs(reported - Corrected(estimated)) / Math.Max(100, reported);
    }
}
