using System.Globalization;
using System.Text;

namespace MeaiBudget.Tool;

/// <summary>Writes a report's sums as comma-separated values (RFC 4180). Amounts are US dollars.</summary>
internal static class ReportCsv
{
    public static string Write(SpendReport report)
    {
        var text = new StringBuilder("by,key,attempts,released,open,input_tokens,cached_input_tokens,output_tokens,spent_usd,unconfirmed_usd,held_usd,unpriced\r\n");
        foreach (SpendGroups groups in report.Groups)
        {
            foreach (SpendSum sum in groups.Sums)
            {
                text.Append(Cell(groups.By)).Append(',').Append(Cell(sum.Key));
                text.Append(CultureInfo.InvariantCulture, $",{sum.Attempts},{sum.Released},{sum.Open},{sum.InputTokens},{sum.CachedInputTokens},{sum.OutputTokens}");
                text.Append(CultureInfo.InvariantCulture, $",{sum.Spent / 1_000_000_000m},{sum.Unconfirmed / 1_000_000_000m},{sum.Held / 1_000_000_000m},{sum.Unpriced}\r\n");
            }
        }

        return text.ToString();
    }

    /// <summary>Formats a cell. A tag may contain any text, so text that a spreadsheet would take for a formula is prefixed.</summary>
    internal static string Cell(string text)
    {
        text = WrittenText.Printable(text);
        char first = text.AsSpan().TrimStart() is { Length: > 0 } trimmed ? trimmed[0] : default;
        string safe = first is '=' or '+' or '-' or '@' or '\uFF1D' or '\uFF0B' or '\uFF0D' or '\uFF20' ? $"'{text}" : text;
        return safe.AsSpan().ContainsAny(",\"\r\n") ? $"\"{safe.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : safe;
    }
}
