namespace MeaiBudget;

/// <summary>An estimate after correction.</summary>
internal readonly record struct LearnedEstimate(long Tokens, long UpperBound, bool IsLearned);

/// <summary>Correction of one model's estimates by its reported input tokens: robust against outliers, with its spread. Thread-safe.</summary>
/// <remarks>
/// <para>
/// Two corrections are fitted over the last <see cref="Window"/> requests: a factor (another tokenizer) and an offset (a hidden prompt
/// or envelope). Each is a median, so single outliers have no effect. The one with the smaller residual is used; neither is used if it
/// improves little. Requests with the same set of tools are corrected from the first one on.
/// Others need three different requests, or eight alike, and those with tools need three different sets of tools;
/// a correction of them that makes more than one request in five worse is not used.
/// </para>
/// <para>
/// The upper bound keeps the uncertainty of the request's own content, and of its tools unless the observed requests had the same ones.
/// Only the rest, which the rules may have missed, is replaced by what was missed in the observed requests, gradually as their number grows.
/// </para>
/// </remarks>
internal sealed class LearnedInput(bool isSpecific)
{
    private const int Window = 48;
    private const int FewestToCorrect = 3;

    // So many requests count even if all have the same estimate, for example a prompt that is sent again and again.
    private const int FewestAlike = 8;

    // Number of requests between two fits once the window is filled: few after an unexpected result, many otherwise.
    private const int RefitAfter = 8;
    private const int RefitAtLeastAfter = 64;
    private const int AlwaysRefitUpTo = 32;
    private const double Unexpected = 0.02;

    // If a single request is further off than this, it may be an outlier, so a second one must confirm it.
    private const double MostFromOne = 0.8;

    // A smaller improvement of the residual is noise.
    private const double LeastGain = 0.004;

    // The share of the residual that must remain at most, so that a correction that fits some requests only is not used for others.
    private const double MostResidual = 0.6;

    // A correction must improve so many times more requests than it makes worse, beyond noise.
    private const int LeastAgreement = 4;
    private const double Noise = 0.002;

    // If a request exceeded its band, the next one may exceed it by a quarter more.
    private const double MissedAgain = 1.25;

    private readonly Lock _lock = new();
    private readonly InputSample[] _samples = new InputSample[Window];
    private int _seen;
    private int _sinceFit;
    private bool _wasSurprised;
    private Correction? _correction;

    public long LastUsed { get; set; }

    public void Observe(InputSample sample)
    {
        lock (_lock)
        {
            _samples[_seen % Window] = sample;

            // _seen only indicates how full the window is and where to write next.
            _seen = _seen + 1 < 2 * Window ? _seen + 1 : Window;
            int count = Math.Min(_seen, Window);

            // One more request hardly changes the median of many, and this code runs in every call, so fit less often.
            _wasSurprised |= _correction is { } known
                && (known.ErrorOf(sample) > (2 * known.Residual) + Unexpected || MissedBy(known, sample) > known.Spread.Missed);
            if (count <= AlwaysRefitUpTo || ++_sinceFit >= (_wasSurprised ? RefitAfter : RefitAtLeastAfter))
            {
                _sinceFit = 0;
                _wasSurprised = false;
                Volatile.Write(ref _correction, Fit(_samples.AsSpan(0, count)));
            }
        }
    }

    public LearnedEstimate Correct(in RequestObservation observation)
    {
        Correction? correction = Volatile.Read(ref _correction);
        if (correction is null)
        {
            return new LearnedEstimate(observation.Tokens, observation.UpperBound, IsLearned: false);
        }

        bool isUsed = !correction.IsNone && (isSpecific || (correction.HasEnoughToolSets && (correction.Distinct >= FewestToCorrect || correction.Count >= FewestAlike)));
        long corrected = isUsed ? Math.Max(1, (long)Math.Round(correction.Corrected(observation.Tokens))) : observation.Tokens;
        if (correction.Count == 1 && Math.Abs(corrected - observation.Tokens) > observation.Tokens * MostFromOne)
        {
            return new LearnedEstimate(observation.Tokens, Math.Max(observation.UpperBound, corrected), IsLearned: false);
        }

        long kept = observation.ContentMargin + (isSpecific ? 0 : observation.ToolMargin);
        long replaced = observation.RuleMargin + (isSpecific ? observation.ToolMargin : 0);
        Spread spread = isUsed ? correction.Spread : correction.Uncorrected;
        double share = ShareOf(correction);
        double explained = Math.Max(0, corrected - observation.Tokens);

        // What the observed requests do not exclude may be more than the rules expect, if their own content was uncertain. A host that adds
        // more than the rules expect shows it by a request beyond its band.
        double hidden = Math.Min(spread.Hidden, replaced);
        long bound = (long)Math.Ceiling(Math.Max(
            Top(observation.Tokens, corrected, kept) + Room(spread.Missed * MissedAgain, replaced - explained, share),
            observation.Tokens + kept + Room(hidden, replaced, share)));

        // A few requests do not tell the spread, so nothing is narrowed then.
        bool isNarrowed = isSpecific || correction.Distinct >= FewestToCorrect;
        return new LearnedEstimate(corrected, isNarrowed ? bound : Math.Max(bound, observation.UpperBound), isUsed);
    }

    public long[][] Samples()
    {
        lock (_lock)
        {
            int count = Math.Min(_seen, Window);
            long[][] samples = new long[count][];
            for (int index = 0; index < count; index++)
            {
                InputSample sample = _samples[index];
                samples[index] = [sample.Estimated, sample.Reported, sample.Margin, sample.ToolSet];
            }

            return samples;
        }
    }

    // The share of the original margin that remains. It shrinks with the number of different requests.
    private double ShareOf(Correction correction) =>
        isSpecific ? 1.0 / (1 + correction.Count) : Math.Min(1, FewestToCorrect / (double)correction.Distinct);

    // From the original margin to the observed one, as the number of requests grows.
    private static double Room(double observed, double original, double share) => observed + (share * Math.Max(0, original - observed));

    /// <summary>
    /// Returns the top of the band of a request: its estimate and the uncertainty of its content, or the correction if that is higher. A
    /// correction far beyond the band moves the band.
    /// </summary>
    /// <remarks>A correction below the estimate does not lower the band: another text may have more tokens than the observed ones.</remarks>
    private static double Top(long estimated, double corrected, long kept)
    {
        double beyond = corrected - estimated - kept;
        return beyond > 0 ? corrected + (kept * beyond / (beyond + kept)) : estimated + kept;
    }

    private static double Median(Span<double> values)
    {
        values.Sort();
        int middle = values.Length / 2;
        return values.Length % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
    }

    private static int CountDistinct(ReadOnlySpan<InputSample> samples)
    {
        Span<long> estimates = stackalloc long[Window];
        for (int index = 0; index < samples.Length; index++)
        {
            estimates[index] = samples[index].Estimated;
        }

        return CountDistinct(estimates[..samples.Length]);
    }

    private static int CountDistinct(Span<long> values)
    {
        values.Sort();
        int distinct = values.Length == 0 ? 0 : 1;
        for (int index = 1; index < values.Length; index++)
        {
            distinct += values[index] == values[index - 1] ? 0 : 1;
        }

        return distinct;
    }

    private Correction Fit(ReadOnlySpan<InputSample> samples)
    {
        int count = samples.Length;
        int distinct = CountDistinct(samples);
        Span<double> values = stackalloc double[Window];
        values = values[..count];
        for (int index = 0; index < count; index++)
        {
            values[index] = samples[index].Reported / (double)samples[index].Estimated;
        }

        double factor = Math.Clamp(Median(values), 0.2, 5);
        for (int index = 0; index < count; index++)
        {
            values[index] = samples[index].Reported - samples[index].Estimated;
        }

        double offset = Median(values);
        bool hasEnoughToolSets = HasEnoughToolSets(samples);
        Correction none = Measure(new Correction(count, distinct, hasEnoughToolSets, 1, 0), samples, values);
        none = none with { Uncorrected = none.Spread };
        Correction byFactor = Measure(none with { Factor = factor }, samples, values);
        Correction byOffset = Measure(none with { Offset = offset }, samples, values);
        Correction best = byFactor.Residual < byOffset.Residual ? byFactor : byOffset;
        bool isBetter = best.Residual < none.Residual - LeastGain && best.Residual <= none.Residual * MostResidual
            && best.MeanError <= none.MeanError && (isSpecific || Agree(best, none, samples));
        return isBetter ? best with { Uncorrected = none.Spread } : none;
    }

    private static bool Agree(Correction best, Correction none, ReadOnlySpan<InputSample> samples)
    {
        int better = 0;
        int worse = 0;
        foreach (InputSample sample in samples)
        {
            double gain = none.ErrorOf(sample) - best.ErrorOf(sample);
            better += gain > Noise ? 1 : 0;
            worse += gain < -Noise ? 1 : 0;
        }

        return better >= LeastAgreement * worse;
    }

    // What one set of tools has beyond its estimate tells nothing about another set.
    private static bool HasEnoughToolSets(ReadOnlySpan<InputSample> samples)
    {
        Span<long> sets = stackalloc long[Window];
        for (int index = 0; index < samples.Length; index++)
        {
            sets[index] = samples[index].ToolSet;
        }

        return CountDistinct(sets[..samples.Length]) >= FewestToCorrect || !sets[..samples.Length].ContainsAnyExcept(0L);
    }

    private static Correction Measure(Correction correction, ReadOnlySpan<InputSample> samples, Span<double> values)
    {
        double missed = 0;
        double hidden = double.MaxValue;
        double sum = 0;
        for (int index = 0; index < samples.Length; index++)
        {
            values[index] = correction.ErrorOf(samples[index]);
            sum += values[index];
            missed = Math.Max(missed, MissedBy(correction, samples[index]));

            // If the content had as few tokens as it may have, the rest was added by the host. The smallest such rest is the most that the
            // host adds to every request.
            InputSample sample = samples[index];
            hidden = Math.Min(hidden, sample.Reported - sample.Estimated + sample.Margin);
        }

        return correction with { Residual = Median(values), MeanError = sum / samples.Length, Spread = new Spread(missed, Math.Max(0, hidden)) };
    }

    private static double MissedBy(Correction correction, InputSample sample) =>
        Math.Max(0, sample.Reported - Top(sample.Estimated, correction.Corrected(sample.Estimated), sample.Margin));

    /// <summary>What requests had beyond their estimates.</summary>
    /// <param name="Missed">The most tokens by which a request exceeded the top of its band.</param>
    /// <param name="Hidden">The most tokens that the host may add to every request.</param>
    private readonly record struct Spread(double Missed, double Hidden);

    private sealed record Correction(int Count, int Distinct, bool HasEnoughToolSets, double Factor, double Offset)
    {
        public double Residual { get; init; }

        public double MeanError { get; init; }

        /// <summary>The spread around the corrected estimates.</summary>
        public Spread Spread { get; init; }

        /// <summary>The spread around the estimates without a correction.</summary>
        public Spread Uncorrected { get; init; }

        public bool IsNone => Factor == 1 && Offset == 0;

        public double Corrected(long estimated) => Math.Max(1, (estimated * Factor) + Offset);

        /// <summary>Returns the error of a corrected estimate, relative to the reported tokens.</summary>
        public double ErrorOf(InputSample sample) => Math.Abs(sample.Reported - Corrected(sample.Estimated)) / Math.Max(100, sample.Reported);
    }
}
