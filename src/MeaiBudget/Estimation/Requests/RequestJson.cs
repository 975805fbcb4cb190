using System.Buffers;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>Writes parts of a request as the compact JSON that providers count. Caches the JSON of immutable contents. Thread-safe.</summary>
internal static class RequestJson
{
    private const int Indent = 4;

    private static readonly JsonWriterOptions Compact = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };
    private static readonly ConditionalWeakTable<AIContent, Written> Known = [];
    private static readonly ConditionalWeakTable<AIContent, Written> Wrapped = [];

    /// <summary>Returns a tool call's arguments as compact JSON.</summary>
    public static string OfArguments(FunctionCallContent call)
    {
        if (call.Arguments is not { } arguments)
        {
            return call.RawRepresentation as string ?? "{}";
        }

        if (Known.TryGetValue(call, out Written? known) && known.IsOf(arguments))
        {
            return known.Json;
        }

        string json = Write(arguments);
        if (arguments.Values.All(IsFixed))
        {
            Known.AddOrUpdate(call, new Written(arguments, [.. arguments.Values], json));
        }

        return json;
    }

    /// <summary>Returns a tool result's text: a string unchanged, other values as JSON.</summary>
    public static string OfResult(FunctionResultContent result)
    {
        if (result.Result is null or string)
        {
            return result.Result as string ?? string.Empty;
        }

        if (Known.TryGetValue(result, out Written? known) && ReferenceEquals(known.Source, result.Result))
        {
            return known.Json;
        }

        string json = Write(result.Result);
        Remember(Known, result, json);
        return json;
    }

    /// <summary>Returns a tool result as a value within JSON: JSON with spaces between its parts, other text quoted.</summary>
    public static string OfWrappedResult(FunctionResultContent result)
    {
        if (Wrapped.TryGetValue(result, out Written? known) && ReferenceEquals(known.Source, result.Result))
        {
            return known.Json;
        }

        string json = Wrap(OfResult(result));
        Remember(Wrapped, result, json);
        return json;
    }

    /// <summary>
    /// Returns the names and values of a JSON text without punctuation, for providers that bill fields but not the notation. Text that
    /// is not JSON is returned unchanged.
    /// </summary>
    public static string FieldsOf(string json, out int values)
    {
        values = 0;
        try
        {
            using var document = JsonDocument.Parse(json);
            var fields = new StringBuilder(json.Length);
            AppendFields(fields, document.RootElement, ref values);
            return fields.ToString();
        }
        catch (JsonException)
        {
            values = 1;
            return json;
        }
    }

    /// <summary>Returns the text of a content of unknown type, as far as it can be read; null if there is none.</summary>
    public static string? OfUnknown(AIContent content) => content.RawRepresentation switch
    {
        string text => text,
        JsonElement element => Of(element),
        _ => null,
    };

    /// <summary>Returns a value as compact JSON with unescaped letters.</summary>
    public static string Of(JsonElement element)
    {
        if (element.ValueKind == JsonValueKind.Undefined)
        {
            return string.Empty;
        }

        var buffer = new ArrayBufferWriter<byte>(256);
        using (var writer = new Utf8JsonWriter(buffer, Compact))
        {
            element.WriteTo(writer);
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    /// <summary>Returns a text as a JSON string with quotes.</summary>
    public static string Quoted(string text)
    {
        var buffer = new ArrayBufferWriter<byte>(text.Length + 2);
        using (var writer = new Utf8JsonWriter(buffer, Compact))
        {
            writer.WriteStringValue(text);
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    /// <summary>Rewrites compact JSON with a space after each comma and colon, as Python does, or indented by four spaces.</summary>
    public static string Respace(string json, bool isIndented)
    {
        var text = new StringBuilder(json.Length * 2);
        bool isString = false;
        int depth = 0;
        for (int index = 0; index < json.Length; index++)
        {
            char letter = json[index];
            bool closes = !isString && letter is '}' or ']';
            if (closes && isIndented)
            {
                depth--;
                if (json[index - 1] is not ('{' or '['))
                {
                    text.Append('\n').Append(' ', depth * Indent);
                }
            }

            text.Append(letter);
            if (isString && letter == '\\')
            {
                text.Append(json[++index]);
            }
            else if (letter == '"')
            {
                isString = !isString;
            }
            else if (!isString && letter == ':')
            {
                text.Append(' ');
            }
            else if (!isString && letter == ',')
            {
                text.Append(isIndented ? '\n' : ' ').Append(' ', isIndented ? depth * Indent : 0);
            }
            else if (!isString && isIndented && letter is '{' or '[')
            {
                depth++;
                if (json[index + 1] is not ('}' or ']'))
                {
                    text.Append('\n').Append(' ', depth * Indent);
                }
            }
        }

        return text.ToString();
    }

    /// <summary>Returns a text with each UTF-16 unit that is not ASCII as <c>\uXXXX</c>; null if all are ASCII.</summary>
    public static string? Escape(string text)
    {
        if (System.Text.Ascii.IsValid(text))
        {
            return null;
        }

        var escaped = new StringBuilder(text.Length * 2);
        foreach (char letter in text)
        {
            if (char.IsAscii(letter))
            {
                escaped.Append(letter);
            }
            else
            {
                escaped.Append(CultureInfo.InvariantCulture, $"\\u{(int)letter:x4}");
            }
        }

        return escaped.ToString();
    }

    private static void AppendFields(StringBuilder text, JsonElement element, ref int values)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                foreach (JsonProperty property in element.EnumerateObject())
                {
                    AppendField(text, property.Name);
                    AppendFields(text, property.Value, ref values);
                }

                break;
            case JsonValueKind.Array:
                foreach (JsonElement item in element.EnumerateArray())
                {
                    AppendFields(text, item, ref values);
                }

                break;
            case JsonValueKind.Null or JsonValueKind.Undefined:
                break;
            default:
                values++;
                AppendField(text, element.ToString());
                break;
        }
    }

    // The tokenizer merges a space with the next word, but not with a number.
    private static void AppendField(StringBuilder text, string field) =>
        text.Append(text.Length == 0 || field is [>= '0' and <= '9', ..] ? string.Empty : " ").Append(field);

    private static string Wrap(string text)
    {
        if (text.AsSpan().TrimStart() is ['{' or '[', ..])
        {
            try
            {
                using var document = JsonDocument.Parse(text);
                return Respace(Of(document.RootElement), isIndented: false);
            }
            catch (JsonException)
            {
                // Not valid JSON, so quote it as text.
            }
        }

        return Quoted(text);
    }

    private static string Write(object value)
    {
        try
        {
            JsonElement element = value as JsonElement?
                ?? JsonSerializer.SerializeToElement(value, AIJsonUtilities.DefaultOptions.GetTypeInfo(value.GetType()));
            return Of(element);
        }
        catch (Exception exception) when (exception is JsonException or NotSupportedException or InvalidOperationException or ArgumentException)
        {
            // The SDK could not serialise the value either. Its ToString is the best approximation.
            return value.ToString() ?? string.Empty;
        }
    }

    /// <summary>True if a value is immutable. A list may grow after it was counted, and then too little would be reserved.</summary>
    private static bool IsFixed(object? value) => value is null or string or JsonElement || value.GetType().IsPrimitive || value is decimal;

    private static void Remember(ConditionalWeakTable<AIContent, Written> table, FunctionResultContent result, string json)
    {
        if (IsFixed(result.Result))
        {
            table.AddOrUpdate(result, new Written(result.Result, [], json));
        }
    }

    private sealed record Written(object? Source, object?[] Values, string Json)
    {
        public bool IsOf(IDictionary<string, object?> arguments)
        {
            if (!ReferenceEquals(Source, arguments) || Values.Length != arguments.Count)
            {
                return false;
            }

            int index = 0;
            foreach (KeyValuePair<string, object?> argument in arguments)
            {
                if (!ReferenceEquals(Values[index++], argument.Value))
                {
                    return false;
                }
            }

            return true;
        }
    }
}
