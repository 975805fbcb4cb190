using System.Globalization;
using System.Text;
using MeaiBudget.Testing;

namespace MeaiBudget.Tool;

/// <summary>Writes a comparison as Markdown, for a comment on a pull request.</summary>
internal static class CostDiffMarkdown
{
    public static string Write(CostDiff diff)
    {
        var text = new StringBuilder();
        text.Append("### Cost of the scenarios\n\n");
        if (diff.Changed.Count == 0)
        {
            return text.Append(CultureInfo.InvariantCulture, $"No cost changed ({CostDiffTables.Count(diff.Scenarios.Count)}).\n").ToString();
        }

        if (diff.Dearer.Count > 0)
        {
            text.Append(CultureInfo.InvariantCulture, $"**{CostDiffTables.Count(diff.Dearer.Count)} became dearer by more than {CostDiffTables.Percent(diff.MaxIncrease!.Value)}.**\n\n");
        }

        text.Append("| scenario | | expected | with cache | worst case | calls |\n| --- | --- | ---: | ---: | ---: | ---: |\n");
        foreach (ScenarioComparison scenario in diff.Changed)
        {
            string status = diff.StatusOf(scenario);
            Row(text, Escaped(scenario.Name), status == "too dear" ? "**too dear**" : status,
                ScenarioComparison.Change(scenario.Before?.Expected, scenario.After?.Expected),
                ScenarioComparison.Change(scenario.Before?.WithCache, scenario.After?.WithCache),
                ScenarioComparison.Change(scenario.Before?.Worst, scenario.After?.Worst),
                CostDiffTables.Calls(scenario));
        }

        ((decimal Expected, decimal WithCache, decimal Worst) before, (decimal Expected, decimal WithCache, decimal Worst) after) = diff.Totals;
        Row(text, "all scenarios", "", ScenarioComparison.Change(before.Expected, after.Expected), ScenarioComparison.Change(before.WithCache, after.WithCache), ScenarioComparison.Change(before.Worst, after.Worst), "");
        foreach (ScenarioComparison scenario in diff.Changed.Where(scenario => scenario.Causes.Count > 0))
        {
            text.Append(CultureInfo.InvariantCulture, $"\n**{Escaped(scenario.Name)}**{(scenario.CountedNote() is { } note ? $" ({note})" : "")}\n\n");
            foreach (CostCause cause in scenario.Causes)
            {
                text.Append(CultureInfo.InvariantCulture, $"* {Escaped(cause.Text)} ({CostDiffTables.Amount(cause)})\n");
            }
        }

        int same = diff.Scenarios.Count - diff.Changed.Count;
        return text.Append(same == 0 ? "" : $"\n{CostDiffTables.Count(same)} without a change.\n").ToString();
    }

    private static void Row(StringBuilder text, params string[] cells) => text.Append("| ").AppendJoin(" | ", cells).Append(" |\n");

    /// <summary>Escapes what would be a table, a link, markup or a mention; names come from tests and tools.</summary>
    private static string Escaped(string text)
    {
        var escaped = new StringBuilder(text.Length);
        foreach (char character in WrittenText.Printable(text, keepLines: false))
        {
            if (character is '|' or '*' or '_' or '`' or '[' or ']' or '<' or '>' or '\\' or '#' or '!' or '~')
            {
                escaped.Append('\\');
            }

            // A zero-width joiner keeps a name from notifying somebody.
            escaped.Append(character).Append(character == '@' ? "\u200d" : "");
        }

        return escaped.ToString();
    }
}
