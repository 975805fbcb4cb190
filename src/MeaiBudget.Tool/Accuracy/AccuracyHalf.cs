namespace MeaiBudget.Tool;

/// <summary>Figures of the rows of one half of the projects.</summary>
/// <param name="Projects">The number of projects.</param>
/// <param name="BeforeLearning">Without learning.</param>
/// <param name="LearnedFromOther">After learning from the other half only.</param>
internal sealed record AccuracyHalf(int Projects, AccuracyFigures BeforeLearning, AccuracyFigures LearnedFromOther)
{
    /// <summary>Returns the figures of both halves; empty if the recording has projects of one half only.</summary>
    public static IReadOnlyList<AccuracyHalf> Of(AccuracyReport report)
    {
        IGrouping<int, Measurement>[] halves = [.. report.Measurements.GroupBy(row => AccuracyReport.HalfOf(row.Exchange.Project)).OrderBy(half => half.Key)];
        return halves.Length < 2 ? [] : [.. halves.Select(half => new AccuracyHalf(
            half.Select(row => row.Exchange.Project).Distinct(StringComparer.Ordinal).Count(),
            AccuracyFigures.Of([.. half], LearningState.Before),
            AccuracyFigures.Of([.. half], LearningState.HeldOut)))];
    }
}
