using System.Globalization;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace MeaiBudget.Tool;

/// <summary>Shows the budgets of a ledger: a table that fits the terminal, or plain lines.</summary>
internal static class WatchView
{
    private const int ShortestName = 20;
    private const int LongestName = 60;
    private const int Gap = 2;

    private const string Hint = "Limits that only the app knows are missing: name its settings with --config.";

    /// <summary>Renders a table.</summary>
    /// <param name="budgets">The budgets, in order.</param>
    /// <param name="header">The line above the table.</param>
    /// <param name="note">The line below it; empty for none.</param>
    /// <param name="now">The ledger's time.</param>
    /// <param name="width">The width of the terminal.</param>
    /// <param name="rows">The most budgets to show.</param>
    public static IRenderable Table(IReadOnlyList<WatchedBudget> budgets, string header, string note, DateTimeOffset now, int width, int rows)
    {
        WatchedBudget[] shown = [.. budgets.Take(rows)];

        // What matters least is last, and is left out first if the terminal is narrow.
        (string Name, string[] Cells)[] columns =
        [
            ("used", [.. shown.Select(one => one.IsStopped ? "stopped" : one.Used)]),
            ("spent", [.. shown.Select(one => one.Amount(one.Spent))]),
            ("limit", [.. shown.Select(one => one.Amount(one.Limit))]),
            ("held", [.. shown.Select(one => one.Amount(one.Held))]),
            ("resets in", [.. shown.Select(one => one.ResetsIn(now))]),
            ("left", [.. shown.Select(one => one.Amount(one.Limit is { } limit ? Math.Max(0, limit - one.Spent - one.Held) : null))]),
            ("period", [.. shown.Select(one => one.Period)]),
        ];
        while (columns.Length > 1 && columns.Sum(WidthOf) + ShortestName > width)
        {
            columns = columns[..^1];
        }

        int name = Math.Clamp(width - columns.Sum(WidthOf), 1, Math.Clamp(shown.Select(one => CellsOf(one.Name)).DefaultIfEmpty(0).Max(), ShortestName, LongestName));
        List<IRenderable> lines = [new Text(Shorten(header, width), new Style(decoration: Decoration.Dim))];
        lines.Add(shown.Length == 0 ? new Text("The ledger has no spend yet.") : new Text(LineOf("budget", columns.Select(column => column.Name)), new Style(decoration: Decoration.Bold)));
        for (int i = 0; i < shown.Length; i++)
        {
            Color color = shown[i].State switch
            {
                "stopped" or "spent" => Color.Red,
                "low" => Color.Yellow,
                _ => Color.Default,
            };
            lines.Add(new Text(LineOf(shown[i].Name, columns.Select(column => column.Cells[i])), new Style(color)));
        }

        if (budgets.Count > rows)
        {
            lines.Add(new Text($"{budgets.Count - rows} more with less use."));
        }

        if (note.Length > 0)
        {
            lines.Add(new Text(note, new Style(decoration: Decoration.Dim)));
        }

        return new Rows(lines);

        string LineOf(string first, IEnumerable<string> cells)
        {
            string shortened = Shorten(first, name);
            return shortened + new string(' ', name - CellsOf(shortened)) + string.Concat(cells.Zip(columns, (cell, column) =>
                column.Name == "period" ? new string(' ', Gap) + cell : cell.PadLeft(WidthOf(column))));
        }
    }

    /// <summary>Writes one budget as a line for a file or another program.</summary>
    public static string Line(WatchedBudget budget, DateTimeOffset now) => string.Join(
        "  ",
        new[]
        {
            now.ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture), State(budget), budget.Name,
            $"spent {budget.Amount(budget.Spent)}", budget.Held > 0 ? $"held {budget.Amount(budget.Held)}" : "", budget.Limit is null ? "" : $"of {budget.Amount(budget.Limit)} ({budget.Used})", budget.Period,
        }.Where(part => part.Length > 0));

    /// <summary>The note below a table.</summary>
    public static string NoteOf(LedgerWatch watch) => watch.HasUnknownLimits ? Hint : "";

    private static int WidthOf((string Name, string[] Cells) column) => column.Cells.Append(column.Name).Max(cell => cell.Length) + Gap;

    private static string State(WatchedBudget budget) => budget.State.PadRight(8);

    private static int CellsOf(string text) => new Segment(text).CellCount();

    private static string Shorten(string text, int width)
    {
        if (CellsOf(text) <= width)
        {
            return text;
        }

        while (text.Length > 1 && CellsOf(text) >= width)
        {
            text = text[..(char.IsLowSurrogate(text[^1]) ? ^2 : ^1)];
        }

        return text + "…";
    }
}
