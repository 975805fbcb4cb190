namespace MeaiBudget.Tool;

/// <summary>Accuracy of the estimates of some rows.</summary>
/// <param name="Rows">The number of rows.</param>
/// <param name="Exact">The rows whose estimate equals the reported count.</param>
/// <param name="WithinTwoTokens">The rows with an error of at most two tokens.</param>
/// <param name="WithinOnePercent">The rows with an error of at most one percent.</param>
/// <param name="WithinFivePercent">The rows with an error of at most five percent.</param>
/// <param name="WithinTenPercent">The rows with an error of at most ten percent.</param>
/// <param name="MedianError">The median error, relative to the larger of the reported count and 100.</param>
/// <param name="NinetyFifthPercentileError">The 95th percentile of the error.</param>
/// <param name="BoundMisses">The rows whose reported count exceeds the upper bound.</param>
/// <param name="MedianLooseness">The median of the upper bound relative to the reported tokens.</param>
/// <param name="NinetyFifthPercentileLooseness">The 95th percentile of the upper bound relative to the reported tokens.</param>
internal sealed record AccuracyFigures(
    int Rows, int Exact, int WithinTwoTokens, int WithinOnePercent, int WithinFivePercent, int WithinTenPercent,
    double MedianError, double NinetyFifthPercentileError, int BoundMisses, double MedianLooseness, double NinetyFifthPercentileLooseness)
{
    public static AccuracyFigures Of(IReadOnlyCollection<Measurement> rows, LearningState state)
    {
        double[] errors = [.. rows.Select(row => row.Error(state)).Order()];
        double[] looseness = [.. rows.Select(row => row.Looseness(state)).Order()];
        return new AccuracyFigures(
            rows.Count,
            rows.Count(row => row.Difference(state) == 0),
            rows.Count(row => Math.Abs(row.Difference(state)) <= 2),
            errors.Count(error => error <= 0.01),
            errors.Count(error => error <= 0.05),
            errors.Count(error => error <= 0.10),
            Percentile(errors, 0.5),
            Percentile(errors, 0.95),
            rows.Count(row => row.MissesBound(state)),
            Percentile(looseness, 0.5),
            Percentile(looseness, 0.95));
    }

    private static double Percentile(double[] sorted, double share) =>
        sorted.Length == 0 ? 0 : sorted[Math.Clamp((int)Math.Ceiling(share * sorted.Length) - 1, 0, sorted.Length - 1)];
}
