using System.Buffers;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>Writes the pieces of a request as the compact JSON that providers count. Thread-safe; remembers what a content object wrote that cannot change.</summary>
internal static class RequestJson
{
    private const int Indent = 4;

    private static readonly JsonWriterOptions Compact = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };
    private static readonly ConditionalWeakTable<AIContent, Written> Known = [];
    private static readonly ConditionalWeakTable<AIContent, Written> Wrapped = [];

    /// <summary>Gives a tool call's arguments without needless whitespace.</summary>
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

    /// <summary>Gives a tool result's text: a string as it is, anything else as JSON.</summary>
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

    /// <summary>Gives a tool result as a value inside JSON: parsed JSON spaced out, any other text quoted.</summary>
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

    /// <summary>Gives the names and values of a JSON value without its punctuation, as providers count that bill fields and not their notation.</summary>
    /// <param name="json">The JSON, or any other text, which is given as it is.</param>
    /// <param name="values">How many values there are.</param>
    public static string FieldsOf(string json, out int values)
    {
        values = 0;
        try
        {
            using JsonDocument document = JsonDocument.Parse(json);
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

    /// <summary>Gives what an unknown content holds, as far as it can be seen.</summary>
    public static string? OfUnknown(AIContent content) => content.RawRepresentation switch
    {
        string text => text,
        JsonElement element => Of(element),
        _ => null,
    };

    /// <summary>Gives a JSON value compactly, with every letter as itself.</summary>
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

    /// <summary>Gives a text as a JSON string, quotes included.</summary>
    public static string Quoted(string text)
    {
        var buffer = new ArrayBufferWriter<byte>(text.Length + 2);
        using (var writer = new Utf8JsonWriter(buffer, Compact))
        {
            writer.WriteStringValue(text);
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    /// <summary>Writes compact JSON with a space after each comma and colon, as Python does, or indented by four.</summary>
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

    // A space melts into the word after it, but not into a number.
    private static void AppendField(StringBuilder text, string field) =>
        text.Append(text.Length == 0 || field is [>= '0' and <= '9', ..] ? string.Empty : " ").Append(field);

    private static string Wrap(string text)
    {
        if (text.AsSpan().TrimStart() is ['{' or '[', ..])
        {
            try
            {
                using JsonDocument document = JsonDocument.Parse(text);
                return Respace(Of(document.RootElement), isIndented: false);
            }
            catch (JsonException)
            {
                // Not JSON after all: a text.
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
            // The SDK would fail on it, too; its own text is the nearest guess.
            return value.ToString() ?? string.Empty;
        }
    }

    /// <summary>Whether a value stays what it is: a list that grows after it was counted would be reserved too little for.</summary>
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
