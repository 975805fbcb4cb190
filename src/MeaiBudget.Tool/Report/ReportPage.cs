using System.Globalization;
using System.Net;
using System.Text;

namespace MeaiBudget.Tool;

/// <summary>Writes a report as one HTML page with charts. The page loads nothing else.</summary>
internal static class ReportPage
{
    private const int ChartWidth = 900;
    private const int LabelWidth = 220;
    private const int BarHeight = 22;
    private const int MostBars = 60;
    private const int MostOfABudget = 200;

    internal const string Head = """
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
        <title>Spend</title>
        <style>
        :root { color-scheme: light dark; --bar: #2f6fdb; --over: #c62f2f; --line: #8884; }
        body { font: 15px/1.45 system-ui, sans-serif; max-width: 62rem; margin: 2rem auto; padding: 0 1rem; }
        h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 2.2rem; }
        .table { overflow-x: auto; }
        table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
        th, td { text-align: left; padding: .25rem .6rem; border-bottom: 1px solid var(--line); overflow-wrap: anywhere; }
        th.n, td.n { text-align: right; white-space: nowrap; }
        tr.total td { font-weight: 600; }
        svg { width: 100%; height: auto; } svg text { font: 12px system-ui, sans-serif; fill: currentColor; }
        .bar { fill: var(--bar); } .over { fill: var(--over); }
        </style>
        </head>
        <body>

        """;

    public static string Write(SpendReport report)
    {
        var html = new StringBuilder(Head);
        html.Append("<h1>Spend: ").Append(ReportText.Dollars(report.Total.Spent)).Append(" USD</h1>\n<p>").Append(Encode(Path.GetFileName(report.File)));
        html.Append(report.First is { } first && report.Last is { } last
            ? $": {ReportText.Number(report.Total.Attempts)} attempts from {ReportText.Time(first)} to {ReportText.Time(last)}.</p>\n"
            : ": no attempt in this time.</p>\n");
        foreach (string caveat in ReportText.Caveats(report.Total))
        {
            html.Append("<p>").Append(Encode(caveat)).Append("</p>\n");
        }

        foreach (SpendGroups groups in report.Groups)
        {
            Groups(html, groups, report.Total);
        }

        Budgets(html, report.Budgets);
        Audit(html, report);
        return html.Append("</body>\n</html>\n").ToString();
    }

    private static void Groups(StringBuilder html, SpendGroups groups, SpendSum total)
    {
        IReadOnlyList<SpendSum> sums = groups.Sums;
        html.Append("<h2>By ").Append(Encode(groups.By)).Append("</h2>\n");
        Chart(
            html, $"Spend by {groups.By}",
            [.. (groups.IsTime ? sums.TakeLast(MostBars) : sums.Take(MostBars)).Select(sum => (ReportText.Key(sum.Key), sum.Spent, ReportText.Dollars(sum.Spent), false))]);
        Table(
            html,
            [(groups.By, false), ("attempts", true), ("input tokens", true), ("of them cached", true), ("output tokens", true), ("spent, USD", true), ("unconfirmed, USD", true), ("unpriced", true)],
            sums.Append(total).Select(sum => new[]
            {
                ReferenceEquals(sum, total) ? "total" : ReportText.Key(sum.Key), ReportText.Number(sum.Attempts), ReportText.Number(sum.InputTokens), ReportText.Number(sum.CachedInputTokens),
                ReportText.Number(sum.OutputTokens), ReportText.Dollars(sum.Spent), ReportText.Dollars(sum.Unconfirmed), ReportText.Number(sum.Unpriced),
            }),
            lastIsTotal: true);
    }

    private static void Budgets(StringBuilder html, IReadOnlyList<BudgetUse> budgets)
    {
        if (budgets.Count == 0)
        {
            return;
        }

        IReadOnlyList<BudgetUse> shown = BudgetUse.First(budgets, MostOfABudget);
        html.Append("<h2>Budgets</h2>\n");
        Chart(html, "Budgets used", [.. budgets.Where(use => use.Share is not null).OrderByDescending(use => use.Share).Take(MostBars).Select(use =>
            ($"{ReportText.Budget(use)} {use.Key}".TrimEnd(), (long)Math.Min(long.MaxValue, use.Share!.Value * 1_000_000m), ReportText.Share(use), use.Share > 1m))]);
        Table(
            html,
            [("budget", false), ("key", false), ("first call", false), ("last call", false), ("spent, USD", true), ("held, USD", true), ("overrun, USD", true), ("limit, USD", true), ("used", true)],
            shown.Select(use => new[]
            {
                ReportText.Budget(use), use.Key, ReportText.Time(use.FirstCall), ReportText.Time(use.LastCall), ReportText.Dollars(use.Charged),
                ReportText.Dollars(use.Held), ReportText.Dollars(use.Overrun), ReportText.Limit(use), ReportText.Share(use),
            }),
            lastIsTotal: false);
        if (budgets.Count > shown.Count)
        {
            html.Append("<p>").Append(ReportText.Number(budgets.Count - shown.Count)).Append(" more are in the report's JSON.</p>\n");
        }
    }

    private static void Audit(StringBuilder html, SpendReport report)
    {
        if (report.Grants.Count > 0)
        {
            html.Append("<h2>Grants</h2>\n");
            Table(
                html,
                [("when", false), ("account", false), ("amount, USD", true), ("until", false), ("reason", false)],
                report.Grants.Select(grant => new[] { ReportText.Time(grant.GrantedAt), grant.Grant.Account, ReportText.Dollars(grant.Grant.Amount), ReportText.Time(grant.Grant.ExpiresAt), grant.Grant.Reason }),
                lastIsTotal: false);
        }

        if (report.Adjustments.Count > 0)
        {
            html.Append("<h2>Adjustments</h2>\n");
            Table(
                html,
                [("when", false), ("call", false), ("attempt", true), ("reason", false)],
                report.Adjustments.Select(one => new[] { ReportText.Time(one.AdjustedAt), one.Adjustment.Reservation.CallId.ToString(), ReportText.Number(one.Adjustment.Reservation.Attempt), one.Adjustment.Reason }),
                lastIsTotal: false);
        }
    }

    internal static void Table(StringBuilder html, (string Name, bool IsNumber)[] columns, IEnumerable<string[]> rows, bool lastIsTotal)
    {
        html.Append("<div class=\"table\"><table>\n<thead><tr>");
        foreach ((string name, bool isNumber) in columns)
        {
            html.Append(isNumber ? "<th scope=\"col\" class=\"n\">" : "<th scope=\"col\">").Append(Encode(name)).Append("</th>");
        }

        html.Append("</tr></thead>\n<tbody>\n");
        string[][] all = [.. rows];
        for (int row = 0; row < all.Length; row++)
        {
            html.Append(lastIsTotal && row == all.Length - 1 ? "<tr class=\"total\">" : "<tr>");
            for (int column = 0; column < columns.Length; column++)
            {
                html.Append(columns[column].IsNumber ? "<td class=\"n\">" : "<td>").Append(Encode(all[row][column])).Append("</td>");
            }

            html.Append("</tr>\n");
        }

        html.Append("</tbody></table></div>\n");
    }

    internal static void Chart(StringBuilder html, string title, IReadOnlyList<(string Label, long Value, string Text, bool IsOver)> bars)
    {
        if (bars.Count == 0)
        {
            return;
        }

        long highest = Math.Max(1, bars.Max(bar => bar.Value));
        int height = (bars.Count * BarHeight) + 4;
        html.Append(CultureInfo.InvariantCulture, $"<svg viewBox=\"0 0 {ChartWidth} {height}\" role=\"img\" aria-label=\"{Encode(title)}\">\n");
        for (int i = 0; i < bars.Count; i++)
        {
            (string label, long value, string text, bool isOver) = bars[i];
            decimal width = (decimal)value / highest * (ChartWidth - LabelWidth - 110);
            int top = i * BarHeight;
            string shown = label.Length > 32 ? $"{Start(label, 31)}…" : label;
            html.Append(CultureInfo.InvariantCulture, $"<g><title>{Encode(label)}: {Encode(text)}</title><text x=\"{LabelWidth - 8}\" y=\"{top + 15}\" text-anchor=\"end\">{Encode(shown)}</text>");
            html.Append(CultureInfo.InvariantCulture, $"<rect class=\"{(isOver ? "over" : "bar")}\" x=\"{LabelWidth}\" y=\"{top + 3}\" width=\"{width:0.##}\" height=\"{BarHeight - 6}\" rx=\"2\"/>");
            html.Append(CultureInfo.InvariantCulture, $"<text x=\"{LabelWidth + width + 6:0.##}\" y=\"{top + 15}\">{Encode(text)}</text></g>\n");
        }

        html.Append("</svg>\n");
    }

    /// <summary>Shortens a text without cutting a surrogate pair.</summary>
    private static string Start(string text, int length) => text[..(char.IsHighSurrogate(text[length - 1]) ? length - 1 : length)];

    internal static string Encode(string text) => WebUtility.HtmlEncode(text);
}
