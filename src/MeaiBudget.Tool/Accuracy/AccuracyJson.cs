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
            BeforeLearning = AccuracyFigures.Of(report.Measurements, learned: false),
            AfterLearning = AccuracyFigures.Of(report.Measurements, learned: true),
            Goals = AccuracyGoal.All.Select(goal =>
            {
                var figures = AccuracyFigures.Of([.. report.Measurements.Where(goal.Includes)], goal.Learned);
                return new { goal.Name, goal.Target, Reached = goal.IsReached(figures), Figures = figures };
            }),
            Groups = report.Measurements.GroupBy(row => (row.Exchange.Api, row.Exchange.ModelId, row.HasTools, row.HasMedia)).Select(group => new
            {
                group.Key.Api,
                Model = group.Key.ModelId,
                group.Key.HasTools,
                group.Key.HasMedia,
                BeforeLearning = AccuracyFigures.Of([.. group], learned: false),
                AfterLearning = AccuracyFigures.Of([.. group], learned: true),
            }),
            Worst = report.Measurements.OrderByDescending(row => row.Error(learned: false)).Take(worst).Select(row => new
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
                Error = row.Error(learned: false),
                row.Before.Breakdown,
                Flags = row.Before.Flags.ToString(),
            }),
        },
        Options);
}
