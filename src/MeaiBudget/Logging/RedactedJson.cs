using System.Collections;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Compliance.Redaction;

namespace MeaiBudget;

/// <summary>
/// Writes a value as JSON for the log, each string in it redacted: by its own content and by the name that it has. The result is
/// valid JSON whatever the value contains.
/// </summary>
/// <param name="redactor">The redactor; <see langword="null"/> to write the value as it is.</param>
internal sealed class RedactedJson(Redactor? redactor)
{
    private const int DeepestValue = 32;
    private const int MostValues = 20_000;

    /// <summary>Names that say nothing about their value; the name of the object around them does.</summary>
    private static readonly string[] ValueNames = ["value", "val", "content", "text", "data", "default", "raw"];

    private static readonly JsonSerializerOptions Json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, MaxDepth = DeepestValue * 2 };

    /// <summary>The number of values that one text may still have: a value that contains itself would have no end.</summary>
    private int _left;

    /// <summary>Returns the arguments of a call as a JSON object.</summary>
    public string Write(IEnumerable<KeyValuePair<string, object?>> arguments)
    {
        _left = MostValues;
        return Checked(Members(arguments, null, 0));
    }

    /// <summary>Returns a result as JSON; <see langword="null"/> for a text that is not JSON.</summary>
    public string? Write(object? result)
    {
        _left = MostValues;
        if (result is not string text)
        {
            return Checked(Node(result, null, 0));
        }

        ReadOnlySpan<char> trimmed = text.AsSpan().TrimStart();
        if (trimmed.Length == 0 || trimmed[0] is not ('{' or '['))
        {
            return null;
        }

        using JsonDocument? parsed = Parse(text);
        return parsed is null ? null : Checked(Redacted(parsed.RootElement, null, 0));
    }

    /// <summary>Redacts the text of the JSON too, for a secret that its name is beside, unless that would break the JSON.</summary>
    private string Checked(JsonNode? node)
    {
        string text = node?.ToJsonString(Json) ?? "null";
        if (redactor is null)
        {
            return text;
        }

        string redacted = redactor.Redact(text);
        if (ReferenceEquals(redacted, text))
        {
            return text;
        }

        using JsonDocument? parsed = Parse(redacted);
        return parsed is null ? text : redacted;
    }

    private static JsonDocument? Parse(string text)
    {
        try
        {
            return JsonDocument.Parse(text, new JsonDocumentOptions { MaxDepth = DeepestValue * 2 });
        }
        catch (Exception exception) when (exception is JsonException or ArgumentException)
        {
            return null;
        }
    }

    private JsonNode? Node(object? value, string? name, int depth)
    {
        if (value is null)
        {
            return null;
        }

        if (depth >= DeepestValue || --_left < 0)
        {
            return JsonValue.Create("...");
        }

        try
        {
            return value switch
            {
                string text => JsonValue.Create(Text(text, name)),
                JsonElement element => Redacted(element, name, depth),
                JsonDocument document => Redacted(document.RootElement, name, depth),
                JsonNode node => Nested(node.ToJsonString(Json), name, depth),
                bool flag => JsonValue.Create(flag),
                byte[] bytes => Bytes(bytes.Length),
                Memory<byte> bytes => Bytes(bytes.Length),
                ReadOnlyMemory<byte> bytes => Bytes(bytes.Length),
                char[] characters => JsonValue.Create(Text(new string(characters), name)),
                IDictionary members => Members(members.Cast<DictionaryEntry>().Select(static member => KeyValuePair.Create(Convert.ToString(member.Key, CultureInfo.InvariantCulture) ?? "", member.Value)), name, depth),
                IEnumerable<KeyValuePair<string, object?>> members => Members(members, name, depth),

                // A sequence that is computed while it is read belongs to the tool: reading it here might run it twice.
                IEnumerator => JsonValue.Create("(sequence)"),
                IEnumerable items => new JsonArray([.. items.Cast<object?>().TakeWhile(_ => _left > 0).Select(item => Node(item, name, depth + 1))]),
                IFormattable number when value.GetType().IsPrimitive || value is decimal => Number(number.ToString(null, CultureInfo.InvariantCulture), name),
                _ => JsonValue.Create(Text(Convert.ToString(value, CultureInfo.InvariantCulture), name)),
            };
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            // A value of the application that cannot be written must not end the call.
            return JsonValue.Create($"({value.GetType().Name})");
        }
    }

    private JsonNode? Nested(string json, string? name, int depth)
    {
        using JsonDocument? parsed = Parse(json);
        return parsed is null ? JsonValue.Create("...") : Redacted(parsed.RootElement, name, depth);
    }

    private static JsonValue Bytes(int length) => JsonValue.Create($"({length.ToString(CultureInfo.InvariantCulture)} bytes)");

    private JsonObject Members(IEnumerable<KeyValuePair<string, object?>> members, string? around, int depth)
    {
        var written = new JsonObject();
        foreach (KeyValuePair<string, object?> member in members)
        {
            written[Text(member.Key, null)!] = Node(member.Value, NameOf(member.Key, around), depth + 1);
        }

        return written;
    }

    private JsonNode? Redacted(JsonElement element, string? name, int depth)
    {
        if (depth >= DeepestValue || --_left < 0)
        {
            return JsonValue.Create("...");
        }

        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                var written = new JsonObject();
                foreach (JsonProperty member in element.EnumerateObject())
                {
                    // A name may come twice: the last one counts, as for most readers.
                    written[Text(member.Name, null)!] = Redacted(member.Value, NameOf(member.Name, name), depth + 1);
                }

                return written;
            case JsonValueKind.Array:
                return new JsonArray([.. element.EnumerateArray().TakeWhile(_ => _left > 0).Select(item => Redacted(item, name, depth + 1))]);
            case JsonValueKind.String:
                return JsonValue.Create(Text(element.GetString(), name));
            case JsonValueKind.Number:
                return Number(element.GetRawText(), name);
            case JsonValueKind.True or JsonValueKind.False:
                return JsonValue.Create(element.GetBoolean());
            default:
                return null;
        }
    }

    private static string NameOf(string name, string? around) => ValueNames.Contains(name, StringComparer.OrdinalIgnoreCase) ? around ?? name : name;

    private JsonNode? Number(string number, string? name)
    {
        string text = Text(number, name)!;
        return text == number ? JsonNode.Parse(IsNumber(number) ? number : JsonSerializer.Serialize(number, RedactedJsonContext.Default.String)) : JsonValue.Create(text);
    }

    private static bool IsNumber(string text) => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) && double.IsFinite(number);

    /// <summary>Redacts a string: alone, and as the value of its name.</summary>
    private string? Text(string? text, string? name)
    {
        if (redactor is null || string.IsNullOrEmpty(text))
        {
            return text;
        }

        if (name is not null)
        {
            string quoted = JsonSerializer.Serialize(text, RedactedJsonContext.Default.String);
            string member = $"{JsonSerializer.Serialize(name, RedactedJsonContext.Default.String)}: {quoted}";
            string redacted = redactor.Redact(member);
            if (redacted != member && !redacted.Contains(quoted, StringComparison.Ordinal) && redacted.EndsWith($"\"{SecretRedactor.Placeholder}\"", StringComparison.Ordinal))
            {
                return SecretRedactor.Placeholder;
            }
        }

        return redactor.Redact(text);
    }
}
