using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace MeaiBudget.Testing;

/// <summary>Redacts secrets in JSON and in streams of JSON, without making them unreadable.</summary>
/// <param name="redactor">The redactor.</param>
internal sealed class RecordedJson(SecretRedactor redactor)
{
    /// <summary>The names of texts that arrive in pieces, so that a secret may be spread over several of them.</summary>
    private static readonly HashSet<string> PieceNames = new(StringComparer.Ordinal)
    {
        "content", "text", "delta", "arguments", "partial_json", "reasoning_content", "reasoning", "thinking", "response",
    };

    /// <summary>The form of a line: no indentation, readable characters.</summary>
    public static JsonWriterOptions Options { get; } = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Returns the JSON without secrets: each text is redacted by itself and by the name that it has.</summary>
    public JsonElement Redact(JsonElement element)
    {
        using var document = JsonDocument.Parse(Write(element, null));
        return document.RootElement.Clone();
    }

    /// <summary>Returns a text without secrets.</summary>
    public string RedactText(string text) => redactor.Redact(text);

    /// <summary>Returns an answer's body without secrets: JSON, server-sent events, or lines of JSON.</summary>
    public string RedactAnswer(string body)
    {
        if (TryParse(body, out JsonElement whole))
        {
            return Write(whole, null);
        }

        string[] lines = body.Split('\n');
        var pieces = new Dictionary<string, StringBuilder>(StringComparer.Ordinal);
        foreach (string line in lines)
        {
            if (TryParse(DataOf(line), out JsonElement element))
            {
                Collect(element, null, pieces);
            }
        }

        // A secret that is spread over several pieces: the first piece gets the whole text, redacted, and the others get none.
        var spread = new Dictionary<string, string?>(StringComparer.Ordinal);
        foreach ((string name, StringBuilder joined) in pieces)
        {
            string text = joined.ToString();
            string redacted = redactor.Redact(text);
            if (redacted != text)
            {
                spread[name] = redacted;
            }
        }

        return string.Join('\n', lines.Select(line => RedactLine(line, spread)));
    }

    private string RedactLine(string line, Dictionary<string, string?> spread)
    {
        string data = DataOf(line);
        return TryParse(data, out JsonElement element)
            ? string.Concat(line.AsSpan(0, line.IndexOf(data, StringComparison.Ordinal)), Write(element, spread), line.EndsWith('\r') ? "\r" : "")
            : redactor.Redact(line);
    }

    private static string DataOf(string line) => (line.StartsWith("data:", StringComparison.Ordinal) ? line[5..] : line).Trim();

    private static bool TryParse(string text, out JsonElement element)
    {
        element = default;
        if (text.Length == 0 || text[0] is not ('{' or '['))
        {
            return false;
        }

        try
        {
            using var document = JsonDocument.Parse(text);
            element = document.RootElement.Clone();
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static void Collect(JsonElement element, string? name, Dictionary<string, StringBuilder> pieces)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                foreach (JsonProperty member in element.EnumerateObject())
                {
                    Collect(member.Value, member.Name, pieces);
                }

                break;
            case JsonValueKind.Array:
                foreach (JsonElement item in element.EnumerateArray())
                {
                    Collect(item, name, pieces);
                }

                break;
            case JsonValueKind.String when name is not null && PieceNames.Contains(name):
                (pieces.TryGetValue(name, out StringBuilder? joined) ? joined : pieces[name] = new StringBuilder()).Append(element.GetString());
                break;
        }
    }

    private string Write(JsonElement element, Dictionary<string, string?>? spread)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, Options))
        {
            Write(json, element, null, spread);
        }

        return Encoding.UTF8.GetString(stream.ToArray());
    }

    private void Write(Utf8JsonWriter json, JsonElement element, string? name, Dictionary<string, string?>? spread)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                json.WriteStartObject();
                foreach (JsonProperty member in element.EnumerateObject())
                {
                    json.WritePropertyName(redactor.Redact(member.Name));
                    Write(json, member.Value, member.Name, spread);
                }

                json.WriteEndObject();
                break;
            case JsonValueKind.Array:
                json.WriteStartArray();
                foreach (JsonElement item in element.EnumerateArray())
                {
                    Write(json, item, name, spread);
                }

                json.WriteEndArray();
                break;
            case JsonValueKind.String when name is not null && spread?.TryGetValue(name, out string? whole) == true:
                json.WriteStringValue(whole ?? "");
                spread[name] = null;
                break;
            case JsonValueKind.String:
                json.WriteStringValue(Text(element.GetString()!, name));
                break;
            default:
                element.WriteTo(json);
                break;
        }
    }

    private string Text(string text, string? name)
    {
        if (text.Length == 0)
        {
            return text;
        }

        if (name is not null)
        {
            // As it stands in a document, because a name such as "password" makes its value a secret.
            string quoted = JsonSerializer.Serialize(text);
            string member = $"{JsonSerializer.Serialize(name)}: {quoted}";
            string redacted = redactor.Redact(member);
            if (redacted != member && !redacted.Contains(quoted, StringComparison.Ordinal) && redacted.EndsWith($"\"{SecretRedactor.Placeholder}\"", StringComparison.Ordinal))
            {
                return SecretRedactor.Placeholder;
            }
        }

        return redactor.Redact(text);
    }
}
