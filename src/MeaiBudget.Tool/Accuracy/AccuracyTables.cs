using System.Globalization;
using Spectre.Console;

namespace MeaiBudget.Tool;

/// <summary>Prints an <see cref="AccuracyReport"/> as tables. The last line is a summary for scripts.</summary>
internal static class AccuracyTables
{
    private const int MostSkippedShown = 20;

    public static void Write(IAnsiConsole console, AccuracyReport report, int worst, bool byKind = false)
    {
        WriteSkipped(console, report);
        if (report.Measurements.Count > 0)
        {
            if (byKind)
            {
                WriteKinds(console, report);
            }
            else
            {
                WriteModels(console, report);
            }

            WriteGoals(console, report);
            WriteHalves(console, report);
            WriteFlagged(console, report);
            if (worst > 0)
            {
                WriteWorst(console, report, worst);
            }
        }

        console.WriteLine(Summary(report));
    }

    public static string Summary(AccuracyReport report)
    {
        var before = AccuracyFigures.Of(report.Measurements, LearningState.Before);
        var after = AccuracyFigures.Of(report.Measurements, LearningState.After);
        var heldOut = AccuracyFigures.Of(report.Measurements, LearningState.HeldOut);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"rows {before.Rows} | before learning: exact {Share(before.Exact, before.Rows)}, median {Percent(before.MedianError)}, 95th percentile {Percent(before.NinetyFifthPercentileError)}, upper-bound misses {before.BoundMisses} ({Share(before.BoundMisses, before.Rows)}) | after learning: exact {Share(after.Exact, after.Rows)}, median {Percent(after.MedianError)}, 95th percentile {Percent(after.NinetyFifthPercentileError)}, upper-bound misses {after.BoundMisses} ({Share(after.BoundMisses, after.Rows)}) | learned from the other half: 95th percentile {Percent(heldOut.NinetyFifthPercentileError)}, upper-bound misses {heldOut.BoundMisses} ({Share(heldOut.BoundMisses, heldOut.Rows)}) | upper bound / reported: median {Factor(before.MedianLooseness)}, 95th percentile {Factor(before.NinetyFifthPercentileLooseness)}; learning {Factor(after.MedianLooseness)}, {Factor(after.NinetyFifthPercentileLooseness)} | flagged {report.Flagged.Count}");
    }

    private static void WriteSkipped(IAnsiConsole console, AccuracyReport report)
    {
        foreach ((int line, string reason) in report.Skipped.Take(MostSkippedShown))
        {
            console.WriteLine($"line {line} skipped: {reason}");
        }

        if (report.Skipped.Count > MostSkippedShown)
        {
            console.WriteLine($"{report.Skipped.Count - MostSkippedShown} more rows were skipped.");
        }
    }

    private static void WriteModels(IAnsiConsole console, AccuracyReport report)
    {
        var table = new ConsoleTable(
            "api", "model", "holds", "rows", "exact", "1 %", "5 %", "10 %", "median", "95th", "bound missed", "learning: exact", "median", "95th", "bound missed");
        IEnumerable<IGrouping<(string Api, string Model, string Holds), Measurement>> groups = report.Measurements
            .GroupBy(row => (row.Exchange.Api, row.Exchange.ModelId, Holds(row)))
            .OrderBy(group => group.Key.Api, StringComparer.Ordinal).ThenBy(group => group.Key.ModelId, StringComparer.Ordinal).ThenBy(group => group.Key.Item3, StringComparer.Ordinal);
        foreach (IGrouping<(string Api, string Model, string Holds), Measurement> group in groups)
        {
            Measurement[] rows = [.. group];
            var before = AccuracyFigures.Of(rows, LearningState.Before);
            var after = AccuracyFigures.Of(rows, LearningState.After);
            table.AddRow(
                group.Key.Api, group.Key.Model, group.Key.Holds, Number(before.Rows), Number(before.Exact),
                Number(before.WithinOnePercent), Number(before.WithinFivePercent), Number(before.WithinTenPercent),
                Percent(before.MedianError), Percent(before.NinetyFifthPercentileError), Number(before.BoundMisses),
                Number(after.Exact), Percent(after.MedianError), Percent(after.NinetyFifthPercentileError), Number(after.BoundMisses));
        }

        console.Write(table);
    }

    private static void WriteGoals(IAnsiConsole console, AccuracyReport report)
    {
        var table = new ConsoleTable(
            "requests", "rows", "exact", "within 2 tokens", "median", "95th", "bound broken", "bound / reported", "95th", "goal", "reached");
        foreach (AccuracyGoal goal in AccuracyGoal.All)
        {
            Measurement[] rows = [.. report.Measurements.Where(goal.Includes)];
            var figures = AccuracyFigures.Of(rows, goal.State);
            table.AddRow(
                goal.Name, Number(figures.Rows), Share(figures.Exact, figures.Rows), Share(figures.WithinTwoTokens, figures.Rows),
                Percent(figures.MedianError), Percent(figures.NinetyFifthPercentileError), $"{figures.BoundMisses} ({Share(figures.BoundMisses, figures.Rows)})",
                Factor(figures.MedianLooseness), Factor(figures.NinetyFifthPercentileLooseness), goal.Target, figures.Rows == 0 ? "no rows" : goal.IsReached(figures) ? "yes" : "no");
        }

        console.Write(table);
    }

    private static void WriteKinds(IAnsiConsole console, AccuracyReport report)
    {
        ConsoleTable table = FiguresTable("kind");
        foreach (IGrouping<string, Measurement> kind in report.Measurements.GroupBy(row => row.Kind).OrderBy(group => group.Key, StringComparer.Ordinal))
        {
            Measurement[] rows = [.. kind];
            AddFigures(table, kind.Key, AccuracyFigures.Of(rows, LearningState.Before));
            AddFigures(table, kind.Key + ", learning", AccuracyFigures.Of(rows, LearningState.After));
            AddFigures(table, kind.Key + ", learned from the other half", AccuracyFigures.Of(rows, LearningState.HeldOut));
        }

        console.Write(table);
    }

    private static void WriteHalves(IAnsiConsole console, AccuracyReport report)
    {
        IReadOnlyList<AccuracyHalf> halves = AccuracyHalf.Of(report);
        if (halves.Count == 0)
        {
            return;
        }

        ConsoleTable table = FiguresTable("half of the projects");
        for (int index = 0; index < halves.Count; index++)
        {
            string name = string.Create(CultureInfo.InvariantCulture, $"{(index == 0 ? "first" : "second")} ({halves[index].Projects} projects)");
            AddFigures(table, name + ", before learning", halves[index].BeforeLearning);
            AddFigures(table, name + ", learned from the other half", halves[index].LearnedFromOther);
        }

        console.Write(table);
    }

    private static ConsoleTable FiguresTable(string first) =>
        new(first, "rows", "exact", "within 2 tokens", "median", "95th", "bound broken", "bound / reported", "95th");

    private static void AddFigures(ConsoleTable table, string name, AccuracyFigures figures) => table.AddRow(
        name, Number(figures.Rows), Share(figures.Exact, figures.Rows), Share(figures.WithinTwoTokens, figures.Rows),
        Percent(figures.MedianError), Percent(figures.NinetyFifthPercentileError), $"{figures.BoundMisses} ({Share(figures.BoundMisses, figures.Rows)})",
        Factor(figures.MedianLooseness), Factor(figures.NinetyFifthPercentileLooseness));

    private static void WriteFlagged(IAnsiConsole console, AccuracyReport report)
    {
        foreach (IGrouping<ReportFault, Measurement> fault in report.Flagged.GroupBy(row => row.Fault))
        {
            console.WriteLine($"{fault.Count()} rows are not counted, because their reported usage has a known fault: {ReportFaults.Describe(fault.Key)}: {string.Join(", ", fault.Select(row => row.Exchange.Id))}");
        }
    }

    private static void WriteWorst(IAnsiConsole console, AccuracyReport report, int count)
    {
        var table = new ConsoleTable(
            "id", "api", "model", "reported", "estimate", "bound", "learned", "error", "text", "tools", "calls", "schema", "media", "framing", "flags");
        foreach (Measurement row in report.Measurements.OrderByDescending(row => row.Error(LearningState.Before)).Take(count))
        {
            TokenBreakdown parts = row.Before.Breakdown;
            table.AddRow(
                row.Exchange.Id, row.Exchange.Api, row.Exchange.ModelId, Number(row.Exchange.ReportedInput),
                Number(row.Before.InputTokens), Number(row.Before.InputUpperBound), Number(row.After.InputTokens), Percent(row.Error(LearningState.Before)),
                Number(parts.Text), Number(parts.Tools), Number(parts.ToolCalls), Number(parts.ResponseSchema), Number(parts.Media), Number(parts.Framing),
                row.Before.Flags == TokenEstimateFlags.None ? string.Empty : row.Before.Flags.ToString());
        }

        console.Write(table);
    }

    private static string Holds(Measurement row) => (row.HasTools, row.HasMedia) switch
    {
        (true, true) => "tools, images",
        (true, false) => "tools",
        (false, true) => "images",
        _ => "text",
    };

    private static string Factor(double value) => value.ToString("0.00", CultureInfo.InvariantCulture);

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);

    private static string Percent(double share) => (share * 100).ToString("0.0", CultureInfo.InvariantCulture) + " %";

    private static string Share(int part, int whole) => Percent(whole == 0 ? 0 : part / (double)whole);
}
