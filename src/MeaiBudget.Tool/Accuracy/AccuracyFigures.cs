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
/// <param name="BoundRoom">The median difference between estimate and upper bound, relative to the estimate.</param>
internal sealed record AccuracyFigures(
    int Rows, int Exact, int WithinTwoTokens, int WithinOnePercent, int WithinFivePercent, int WithinTenPercent,
    double MedianError, double NinetyFifthPercentileError, int BoundMisses, double BoundRoom)
{
    public static AccuracyFigures Of(IReadOnlyCollection<Measurement> rows, bool learned)
    {
        double[] errors = [.. rows.Select(row => row.Error(learned)).Order()];
        double[] rooms = [.. rows.Select(row => learned ? row.After : row.Before)
            .Select(estimate => (estimate.InputUpperBound - estimate.InputTokens) / (double)Math.Max(1, estimate.InputTokens)).Order()];
        return new AccuracyFigures(
            rows.Count,
            rows.Count(row => row.Difference(learned) == 0),
            rows.Count(row => Math.Abs(row.Difference(learned)) <= 2),
            errors.Count(error => error <= 0.01),
            errors.Count(error => error <= 0.05),
            errors.Count(error => error <= 0.10),
            Percentile(errors, 0.5),
            Percentile(errors, 0.95),
            rows.Count(row => row.MissesBound(learned)),
            Percentile(rooms, 0.5));
    }

    private static double Percentile(double[] sorted, double share) =>
        sorted.Length == 0 ? 0 : sorted[Math.Clamp((int)Math.Ceiling(share * sorted.Length) - 1, 0, sorted.Length - 1)];
}
