using Spectre.Console;

namespace MeaiBudget.Tool;

/// <summary>Writes a report as tables and bar charts.</summary>
internal static class ReportTables
{
    /// <summary>The maximum number of lines of a table. The other formats contain all lines.</summary>
    private const int Most = 40;

    private const int MostOfABudget = 15;

    public static void Write(IAnsiConsole console, SpendReport report)
    {
        console.WriteLine(report.First is { } first && report.Last is { } last
            ? $"{report.File}: {ReportText.Number(report.Total.Attempts)} attempts from {ReportText.Time(first)} to {ReportText.Time(last)}, {ReportText.Dollars(report.Total.Spent)} USD"
            : $"{report.File}: no attempt in this time.");
        foreach (string caveat in ReportText.Caveats(report.Total))
        {
            console.WriteLine($"  {caveat}");
        }

        if (report.Total.Attempts == 0)
        {
            return;
        }

        foreach (SpendGroups groups in report.Groups)
        {
            WriteGroups(console, groups, report.Total);
        }

        WriteBudgets(console, report.Budgets);
    }

    private static void WriteGroups(IAnsiConsole console, SpendGroups groups, SpendSum total)
    {
        IReadOnlyList<SpendSum> sums = groups.Sums;
        IReadOnlyList<SpendSum> shown = groups.IsTime ? [.. sums.TakeLast(Most)] : [.. sums.Take(Most)];
        var table = new ConsoleTable(groups.By, "attempts", "input tokens", "of them cached", "output tokens", "spent, USD", "unconfirmed, USD", "unpriced") { Title = $"by {groups.By}" };
        foreach (SpendSum sum in shown.Append(total))
        {
            table.AddRow(
                ReferenceEquals(sum, total) ? "total" : ReportText.Key(sum.Key), ReportText.Number(sum.Attempts), ReportText.Number(sum.InputTokens),
                ReportText.Number(sum.CachedInputTokens), ReportText.Number(sum.OutputTokens), ReportText.Dollars(sum.Spent), ReportText.Dollars(sum.Unconfirmed), ReportText.Number(sum.Unpriced));
        }

        console.Write(table);
        if (sums.Count > shown.Count)
        {
            console.WriteLine($"  {ReportText.Number(sums.Count - shown.Count)} more are in --csv, --json and --html.");
        }

        BarChart chart = new BarChart().Width(Math.Min(100, console.Profile.Width)).UseValueFormatter(value => value.ToString("N4", System.Globalization.CultureInfo.InvariantCulture));
        foreach (SpendSum sum in shown)
        {
            // A double is exact enough for the length of a bar.
            chart.AddItem(Markup.Escape(ReportText.Key(sum.Key)), (double)(sum.Spent / 1_000_000_000m), Color.Blue);
        }

        console.Write(chart);
        console.WriteLine();
    }

    private static void WriteBudgets(IAnsiConsole console, IReadOnlyList<BudgetUse> budgets)
    {
        var table = new ConsoleTable("budget", "key", "first call", "last call", "spent, USD", "held, USD", "overrun, USD", "limit, USD", "used") { Title = "budgets" };
        IReadOnlyList<BudgetUse> shown = BudgetUse.First(budgets, MostOfABudget);
        foreach (BudgetUse use in shown)
        {
            table.AddRow(
                ReportText.Budget(use), use.Key, ReportText.Time(use.FirstCall), ReportText.Time(use.LastCall), ReportText.Dollars(use.Charged),
                ReportText.Dollars(use.Held), ReportText.Dollars(use.Overrun), ReportText.Limit(use), ReportText.Share(use));
        }

        console.Write(table);
        if (budgets.Count > shown.Count)
        {
            console.WriteLine($"  {ReportText.Number(budgets.Count - shown.Count)} more are in --json.");
        }
    }
}
