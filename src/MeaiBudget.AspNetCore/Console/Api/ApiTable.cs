using System.Globalization;
using System.Text;
using System.Text.Json;

namespace MeaiBudget;

/// <summary>A column of the JSON API and of CSV.</summary>
/// <param name="Name">The name, in JSON and as the heading of CSV.</param>
/// <param name="Type">The type as OpenAPI writes it: string, number, integer or boolean.</param>
/// <param name="Description">What it means, with the unit.</param>
internal sealed record ApiColumn(string Name, string Type, string Description);

/// <summary>A table of the JSON API, which is CSV on demand.</summary>
/// <param name="Columns">The columns.</param>
/// <param name="Rows">The values of each row, in the order of the columns.</param>
/// <param name="Next">The cursor or number of the next page; <see langword="null"/> for none.</param>
internal sealed record ApiTable(IReadOnlyList<ApiColumn> Columns, IReadOnlyList<object?[]> Rows, string? Next = null)
{
    private static readonly JsonWriterOptions Indented = new() { Indented = false };

    /// <summary>Writes <c>{"items": [...], "next": ...}</c>.</summary>
    public byte[] ToJson()
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, Indented))
        {
            json.WriteStartObject();
            json.WriteStartArray("items");
            foreach (object?[] row in Rows)
            {
                json.WriteStartObject();
                for (int i = 0; i < Columns.Count; i++)
                {
                    json.WritePropertyName(Columns[i].Name);
                    Write(json, row[i]);
                }

                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteString("next", Next);
            json.WriteEndObject();
        }

        return stream.ToArray();
    }

    /// <summary>Writes comma-separated values (RFC 4180) in UTF-8.</summary>
    public byte[] ToCsv()
    {
        StringBuilder text = new StringBuilder(string.Join(',', Columns.Select(column => column.Name))).Append("\r\n");
        foreach (object?[] row in Rows)
        {
            text.AppendJoin(',', row.Select(Cell)).Append("\r\n");
        }

        return Encoding.UTF8.GetBytes(text.ToString());
    }

    private static void Write(Utf8JsonWriter json, object? value)
    {
        switch (value)
        {
            case null:
                json.WriteNullValue();
                break;
            case bool flag:
                json.WriteBooleanValue(flag);
                break;
            case decimal number:
                json.WriteNumberValue(number);
                break;
            case int number:
                json.WriteNumberValue(number);
                break;
            case long number:
                json.WriteNumberValue(number);
                break;
            case IReadOnlyDictionary<string, string> map:
                json.WriteStartObject();
                foreach ((string name, string text) in map.OrderBy(pair => pair.Key, StringComparer.Ordinal))
                {
                    json.WriteString(name, text);
                }

                json.WriteEndObject();
                break;
            default:
                json.WriteStringValue(Text(value));
                break;
        }
    }

    private static string Text(object? value) => value switch
    {
        null => "",
        DateTimeOffset at => at.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture),
        IReadOnlyDictionary<string, string> map => string.Join("; ", map.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => $"{pair.Key}={pair.Value}")),
        bool flag => flag ? "true" : "false",
        IFormattable formattable => formattable.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString() ?? "",
    };

    /// <summary>Formats a cell. A key may contain any text, so text that a spreadsheet would take for a formula is prefixed.</summary>
    private static string Cell(object? value)
    {
        string text = Text(value);
        if (value is string or IReadOnlyDictionary<string, string>)
        {
            char first = text.AsSpan().TrimStart() is { Length: > 0 } trimmed ? trimmed[0] : default;
            text = first is '=' or '+' or '-' or '@' or '\t' or '\uFF1D' or '\uFF0B' or '\uFF0D' or '\uFF20' ? "'" + text : text;
        }

        return text.AsSpan().ContainsAny(",\"\r\n") ? $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : text;
    }
}
