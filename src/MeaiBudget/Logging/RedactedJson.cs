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

    /// <summary>Names that say nothing about their value; the name of the object around them does.</summary>
    private static readonly string[] ValueNames = ["value", "val", "content", "text", "data", "default", "raw"];

    private static readonly JsonSerializerOptions Json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, MaxDepth = DeepestValue * 2 };

    /// <summary>Returns the arguments of a call as a JSON object.</summary>
    public string Write(IEnumerable<KeyValuePair<string, object?>> arguments)
    {
        var members = new JsonObject();
        foreach (KeyValuePair<string, object?> argument in arguments)
        {
            members[Text(argument.Key, null)!] = Node(argument.Value, argument.Key, 0);
        }

        return Checked(members);
    }

    /// <summary>Returns a result as JSON; <see langword="null"/> for a text that is not JSON.</summary>
    public string? Write(object? result)
    {
        if (result is not string text)
        {
            return Checked(Node(result, null, 0));
        }

        ReadOnlySpan<char> trimmed = text.AsSpan().TrimStart();
        return trimmed.Length > 0 && trimmed[0] is '{' or '[' && Parse(text) is { } parsed ? Checked(Redacted(parsed, null, 0)) : null;
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
        return ReferenceEquals(redacted, text) || Parse(redacted) is not null ? redacted : text;
    }

    private static JsonNode? Parse(string text)
    {
        try
        {
            return JsonNode.Parse(text, documentOptions: new JsonDocumentOptions { MaxDepth = DeepestValue });
        }
        catch (Exception exception) when (exception is JsonException or ArgumentException)
        {
            return null;
        }
    }

    private JsonNode? Node(object? value, string? name, int depth) => value switch
    {
        null => null,
        _ when depth >= DeepestValue => JsonValue.Create("..."),
        string text => JsonValue.Create(Text(text, name)),
        JsonElement element => Redacted(Parse(element.GetRawText()), name, depth),
        JsonDocument document => Redacted(Parse(document.RootElement.GetRawText()), name, depth),
        JsonNode node => Redacted(node, name, depth),
        bool flag => JsonValue.Create(flag),
        IDictionary members => new JsonObject(Members(members, name, depth)),
        IEnumerable items => new JsonArray([.. items.Cast<object?>().Select(item => Node(item, name, depth + 1))]),
        IFormattable number when value.GetType().IsPrimitive || value is decimal => Number(number.ToString(null, CultureInfo.InvariantCulture), name),
        _ => JsonValue.Create(Text(Convert.ToString(value, CultureInfo.InvariantCulture), name)),
    };

    private Dictionary<string, JsonNode?> Members(IDictionary members, string? around, int depth)
    {
        var written = new Dictionary<string, JsonNode?>(StringComparer.Ordinal);
        foreach (DictionaryEntry member in members)
        {
            string name = Convert.ToString(member.Key, CultureInfo.InvariantCulture) ?? "";
            written[Text(name, null)!] = Node(member.Value, NameOf(name, around), depth + 1);
        }

        return written;
    }

    private JsonNode? Redacted(JsonNode? node, string? name, int depth)
    {
        switch (node)
        {
            case JsonObject members:
                var written = new JsonObject();
                foreach (KeyValuePair<string, JsonNode?> member in members)
                {
                    written[Text(member.Key, null)!] = Redacted(member.Value, NameOf(member.Key, name), depth + 1);
                }

                return written;
            case JsonArray items:
                return new JsonArray([.. items.Select(item => Redacted(item, name, depth + 1))]);
            case JsonValue value when value.GetValueKind() == JsonValueKind.String:
                return JsonValue.Create(Text(value.GetValue<string>(), name));
            case JsonValue value when value.GetValueKind() == JsonValueKind.Number:
                return Number(value.ToJsonString(), name);
            default:
                return node?.DeepClone();
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
