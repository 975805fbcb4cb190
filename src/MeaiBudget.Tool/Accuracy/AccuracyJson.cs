using System.Text.Json;

namespace MeaiBudget.Tool;

/// <summary>Writes an <see cref="AccuracyReport"/> as JSON.</summary>
internal static class AccuracyJson
{
    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    public static string Write(AccuracyReport report, int worst) => JsonSerializer.Serialize(
        new
        {
            Rows = report.Measurements.Count,
            report.NotComparable,
            Skipped = report.Skipped.Select(skipped => new { skipped.Line, skipped.Reason }),
            BeforeLearning = AccuracyFigures.Of(report.Measurements, LearningState.Before),
            AfterLearning = AccuracyFigures.Of(report.Measurements, LearningState.After),
            HeldOut = AccuracyFigures.Of(report.Measurements, LearningState.HeldOut),
            Halves = AccuracyHalf.Of(report),
            Flagged = report.Flagged.Select(row => new { row.Exchange.Id, row.Exchange.Line, Reason = ReportFaults.Describe(row.Fault) }),
            Kinds = report.Measurements.GroupBy(row => row.Kind).OrderBy(group => group.Key, StringComparer.Ordinal).Select(group => new
            {
                Kind = group.Key,
                BeforeLearning = AccuracyFigures.Of([.. group], LearningState.Before),
                AfterLearning = AccuracyFigures.Of([.. group], LearningState.After),
                HeldOut = AccuracyFigures.Of([.. group], LearningState.HeldOut),
            }),
            Goals = AccuracyGoal.All.Select(goal =>
            {
                var figures = AccuracyFigures.Of([.. report.Measurements.Where(goal.Includes)], goal.State);
                return new { goal.Name, goal.Target, Reached = goal.IsReached(figures), Figures = figures };
            }),
            Groups = report.Measurements.GroupBy(row => (row.Exchange.Api, row.Exchange.ModelId, row.HasTools, row.HasMedia)).Select(group => new
            {
                group.Key.Api,
                Model = group.Key.ModelId,
                group.Key.HasTools,
                group.Key.HasMedia,
                BeforeLearning = AccuracyFigures.Of([.. group], LearningState.Before),
                AfterLearning = AccuracyFigures.Of([.. group], LearningState.After),
            }),
            Worst = report.Measurements.OrderByDescending(row => row.Error(LearningState.Before)).Take(worst).Select(row => new
            {
                row.Exchange.Id,
                row.Exchange.Line,
                row.Exchange.Api,
                row.Exchange.Host,
                Model = row.Exchange.ModelId,
                Reported = row.Exchange.ReportedInput,
                Estimate = row.Before.InputTokens,
                UpperBound = row.Before.InputUpperBound,
                Learned = row.After.InputTokens,
                LearnedUpperBound = row.After.InputUpperBound,
                HeldOut = row.HeldOut.InputTokens,
                HeldOutUpperBound = row.HeldOut.InputUpperBound,
                row.Kind,
                Error = row.Error(LearningState.Before),
                row.Before.Breakdown,
                Flags = row.Before.Flags.ToString(),
            }),
        },
        Options);
}
