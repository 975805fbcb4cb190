using System.Globalization;
using System.Text;
using System.Text.Json;
using CsvHelper;
using Spectre.Console;

namespace MeaiBudget.Tool;

/// <summary>Writes a reconciliation as tables, JSON, comma-separated values or a page with a chart.</summary>
internal static class ReconcileText
{
    private const int MostBars = 60;

    public static void WriteTables(IAnsiConsole console, Reconciliation reconciliation)
    {
        IReadOnlyList<ReconciledRow> shown = [.. reconciliation.Rows.Where(row => row.Differs || row.Verdict != "agrees")];
        if (shown.Count > 0)
        {
            var table = new ConsoleTable("day", "provider", "model", "tier", "billed, USD", "ledger, USD", "difference", "result");
            foreach (ReconciledRow row in shown)
            {
                table.AddRow([.. Cells(row)]);
            }

            console.Write(table);
            foreach (ReconciledRow row in shown.Where(row => row.Reasons.Count > 0))
            {
                console.Write(new Text($"{Printable(row.Key.ToString())}\n"));
                foreach (string reason in row.Reasons)
                {
                    console.Write(new Text($"  {Printable(reason)}\n"));
                }
            }
        }

        foreach (string line in Summary(reconciliation))
        {
            console.Write(new Text(line + "\n"));
        }
    }

    /// <summary>Returns the sums and the result in words.</summary>
    public static IEnumerable<string> Summary(Reconciliation reconciliation)
    {
        yield return string.Create(
            CultureInfo.InvariantCulture,
            $"{reconciliation.From:yyyy-MM-dd} to {reconciliation.To.AddTicks(-1):yyyy-MM-dd} UTC, {reconciliation.Attempts:N0} attempts: billed {Dollars(reconciliation.Billed)} USD, ledger {Dollars(reconciliation.Booked)} USD, difference {Dollars(reconciliation.Billed - reconciliation.Booked)} USD.");
        foreach ((string what, decimal amount) in reconciliation.NoUsage.OrderBy(entry => entry.Key, StringComparer.Ordinal))
        {
            yield return $"Not compared, because it is not usage: {Printable(what)} {Dollars(amount)} USD.";
        }

        if (reconciliation.Rows.Any(row => row.BilledAmount is null))
        {
            yield return "Some lines state tokens and no amounts. Add the provider's costs to compare money.";
        }

        yield return reconciliation.Differs
            ? $"{reconciliation.Rows.Count(row => row.Differs)} of {reconciliation.Rows.Count} lines differ by more than the tolerance."
            : $"All {reconciliation.Rows.Count} lines agree within the tolerance.";
    }

    public static string WriteJson(Reconciliation reconciliation)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            json.WriteString("from", reconciliation.From.UtcDateTime);
            json.WriteString("to", reconciliation.To.UtcDateTime);
            json.WriteNumber("attempts", reconciliation.Attempts);
            json.WriteNumber("billed", reconciliation.Billed);
            json.WriteNumber("booked", reconciliation.Booked);
            json.WriteNumber("difference", reconciliation.Billed - reconciliation.Booked);
            json.WriteBoolean("differs", reconciliation.Differs);
            json.WriteStartObject("noUsage");
            foreach ((string what, decimal amount) in reconciliation.NoUsage.OrderBy(entry => entry.Key, StringComparer.Ordinal))
            {
                json.WriteNumber(what, amount);
            }

            json.WriteEndObject();
            json.WriteStartArray("rows");
            foreach (ReconciledRow row in reconciliation.Rows)
            {
                WriteRow(json, row);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(stream.ToArray());
    }

    public static void WriteCsv(TextWriter writer, Reconciliation reconciliation)
    {
        using var csv = new CsvWriter(writer, CultureInfo.InvariantCulture, leaveOpen: true);
        foreach (string column in (string[])["day", "provider", "model", "item", "tier", "project", "key", "billed", "booked", "difference", "tokenDifference", "differs", "provisional", "result", "reasons"])
        {
            csv.WriteField(column);
        }

        csv.NextRecord();
        foreach (ReconciledRow row in reconciliation.Rows)
        {
            csv.WriteField(row.Key.Day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture));
            csv.WriteField(row.Key.Provider);
            csv.WriteField(row.Key.Model);
            csv.WriteField(row.Key.Item);
            csv.WriteField(row.Key.Tier);
            csv.WriteField(row.Key.Project);
            csv.WriteField(row.Key.Key);
            csv.WriteField(row.BilledAmount);
            csv.WriteField(row.BookedAmount);
            csv.WriteField(row.Difference);
            csv.WriteField(row.TokenDifference);
            csv.WriteField(row.Differs ? "true" : "false");
            csv.WriteField(row.IsProvisional ? "true" : "false");
            csv.WriteField(row.Verdict);
            csv.WriteField(string.Join("; ", row.Reasons));
            csv.NextRecord();
        }
    }

    public static string WritePage(Reconciliation reconciliation)
    {
        var html = new StringBuilder(ReportPage.Head.Replace("<title>Spend</title>", "<title>Bill and ledger</title>", StringComparison.Ordinal));
        html.Append("<h1>Bill and ledger</h1>\n");
        foreach (string line in Summary(reconciliation))
        {
            html.Append("<p>").Append(ReportPage.Encode(line)).Append("</p>\n");
        }

        Chart(html, "By day", reconciliation.Rows.GroupBy(row => row.Key.Day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)));
        Chart(html, "By model", reconciliation.Rows.GroupBy(row => row.Key.Model.Length > 0 ? row.Key.Model : row.Key.Item));
        html.Append("<h2>Lines</h2>\n");
        ReportPage.Table(
            html,
            [("day", false), ("provider", false), ("model", false), ("tier", false), ("billed, USD", true), ("ledger, USD", true), ("difference, USD", true), ("result", false), ("why", false)],
            reconciliation.Rows.Select(row => Cells(row).Append(string.Join("; ", row.Reasons)).ToArray()),
            lastIsTotal: false);
        return html.Append("</body>\n</html>\n").ToString();
    }

    private static void Chart(StringBuilder html, string title, IEnumerable<IGrouping<string, ReconciledRow>> groups)
    {
        html.Append("<h2>").Append(title).Append("</h2>\n");
        var bars = new List<(string, long, string, bool)>();
        foreach (IGrouping<string, ReconciledRow> group in groups.Take(MostBars / 2))
        {
            bool differs = group.Any(row => row.Differs);
            bars.Add(Bar(group.Key + " billed", group.Sum(row => row.BilledAmount ?? 0m), differs));
            bars.Add(Bar(group.Key + " ledger", group.Sum(row => row.BookedAmount), false));
        }

        ReportPage.Chart(html, title, bars);
    }

    private static (string, long, string, bool) Bar(string label, decimal dollars, bool isOver) => (label, (long)(Math.Max(0m, dollars) * 1_000_000m), Dollars(dollars), isOver);

    private static void WriteRow(Utf8JsonWriter json, ReconciledRow row)
    {
        json.WriteStartObject();
        json.WriteString("day", row.Key.Day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture));
        json.WriteString("provider", row.Key.Provider);
        json.WriteString("model", row.Key.Model);
        json.WriteString("item", row.Key.Item);
        json.WriteString("tier", row.Key.Tier);
        json.WriteString("project", row.Key.Project);
        json.WriteString("key", row.Key.Key);
        WriteNumber(json, "billed", row.BilledAmount);
        json.WriteNumber("booked", row.BookedAmount);
        WriteNumber(json, "difference", row.Difference);
        if (row.AreTokensEqual is { } areEqual)
        {
            json.WriteBoolean("tokensAreEqual", areEqual);
        }

        json.WriteNumber("tokenDifference", row.TokenDifference);
        json.WriteNumber("attempts", row.Booked?.Attempts ?? 0);
        json.WriteNumber("unconfirmed", row.Booked?.Unconfirmed ?? 0m);
        json.WriteBoolean("differs", row.Differs);
        json.WriteBoolean("provisional", row.IsProvisional);
        json.WriteString("result", row.Verdict);
        json.WriteStartArray("reasons");
        foreach (string reason in row.Reasons)
        {
            json.WriteStringValue(reason);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteNumber(Utf8JsonWriter json, string name, decimal? number)
    {
        if (number is { } known)
        {
            json.WriteNumber(name, known);
        }
        else
        {
            json.WriteNull(name);
        }
    }

    private static string[] Cells(ReconciledRow row) =>
    [
        row.Key.Day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture), Printable(row.Key.Provider), Printable(row.Key.Model.Length > 0 ? row.Key.Model : $"({row.Key.Item})"),
        Printable(string.Join(' ', new[] { row.Key.Tier, row.Key.Project, row.Key.Key }.Where(part => part.Length > 0))),
        row.BilledAmount is { } billed ? Dollars(billed) : "", Dollars(row.BookedAmount), row.Difference is { } difference ? Dollars(difference) : "", row.Verdict + (row.IsProvisional ? ", not final" : ""),
    ];

    private static string Dollars(decimal amount) => amount.ToString("N6", CultureInfo.InvariantCulture);

    private static string Printable(string text) => WrittenText.Printable(text);
}
