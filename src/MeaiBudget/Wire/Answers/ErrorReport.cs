using System.Text.Json;

namespace MeaiBudget;

/// <summary>Recognizes an error report that came with a success status. Text that only mentions an error does not count.</summary>
/// <remarks>
/// It is an object, or an array around one, as Gemini writes: with an <c>error</c> that says something; of the type <c>error</c> or
/// <c>response.failed</c>; of the object <c>error</c>, as vLLM writes; with a <c>base_resp</c> whose status is not zero (MiniMax), an
/// <c>error_code</c> that is not zero (Baidu), or without <c>success</c> and with <c>errors</c> (Cloudflare).
/// </remarks>
internal static class ErrorReport
{
    private static readonly byte[] Mark = [0xEF, 0xBB, 0xBF];

    /// <summary>Returns where the last word stands that an error report may have; -1 if there is none.</summary>
    /// <param name="text">Several lines of an answer.</param>
    public static int LastMention(ReadOnlySpan<byte> text) => Math.Max(text.LastIndexOf("\"error"u8), text.LastIndexOf("\"base_resp\""u8));

    /// <summary>Finds an error report.</summary>
    /// <param name="line">A line of a stream, or a whole body.</param>
    /// <param name="report">The report.</param>
    /// <returns>True if it is one.</returns>
    public static bool TryFind(ReadOnlySpan<byte> line, out ReadOnlySpan<byte> report)
    {
        report = default;
        if (!IsMentioned(line))
        {
            return false;
        }

        ReadOnlySpan<byte> json = line.StartsWith(Mark) ? line[Mark.Length..] : line;
        json = json.Trim(" \t\r\n"u8);
        if (json.StartsWith("data:"u8))
        {
            json = json["data:".Length..].TrimStart((byte)' ');
        }

        report = json;
        return Is(json);
    }

    /// <summary>Returns whether the value of an <c>error</c> says that there is one. Some servers write an empty one beside each good answer.</summary>
    /// <param name="json">The value as written, perhaps cut.</param>
    public static bool SaysSomething(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json);
        try
        {
            return reader.Read() && SaysSomething(ref reader);
        }
        catch (JsonException)
        {
            return true;
        }
    }

    /// <summary>
    /// False if the text has no word that could report an error. Responses say that they have none (<c>"error": null</c>), which is not worth
    /// reading the whole of them.
    /// </summary>
    private static bool IsMentioned(ReadOnlySpan<byte> text)
    {
        ReadOnlySpan<byte> rest = text;
        int at;
        while ((at = rest.IndexOf("\"error"u8)) >= 0)
        {
            rest = rest[(at + "\"error".Length)..];
            if (!rest.StartsWith((byte)'"'))
            {
                if (rest.StartsWith("_code\""u8) || rest.StartsWith("s\""u8))
                {
                    return true;
                }

                continue;
            }

            ReadOnlySpan<byte> value = rest[1..].TrimStart(" \t\r\n"u8);
            if (value.IsEmpty || value[0] != (byte)':' || !value[1..].TrimStart(" \t\r\n"u8).StartsWith("null"u8))
            {
                return true;
            }
        }

        // Without the error of a response that failed.
        return (rest.Length < text.Length && text.IndexOf("response.failed"u8) >= 0) || text.IndexOf("\"base_resp\""u8) >= 0;
    }

    private static bool Is(ReadOnlySpan<byte> json)
    {
        if (json.IsEmpty || json[0] is not ((byte)'{' or (byte)'['))
        {
            return false;
        }

        var reader = new Utf8JsonReader(json);
        try
        {
            reader.Read();
            return (reader.TokenType == JsonTokenType.StartObject || (reader.Read() && reader.TokenType == JsonTokenType.StartObject)) && Is(ref reader);
        }
        catch (JsonException)
        {
            // The SDK reports invalid JSON itself.
            return false;
        }
    }

    private static bool Is(ref Utf8JsonReader reader)
    {
        bool isWithoutSuccess = false;
        bool hasErrors = false;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            bool isError = reader.ValueTextEquals("error"u8) || reader.ValueTextEquals("error_code"u8);
            bool isErrors = reader.ValueTextEquals("errors"u8);
            bool isStatus = reader.ValueTextEquals("base_resp"u8);
            bool isSuccess = reader.ValueTextEquals("success"u8);
            bool isType = reader.ValueTextEquals("type"u8) || reader.ValueTextEquals("object"u8);
            reader.Read();
            if (isError || isErrors)
            {
                bool says = SaysSomething(ref reader);
                hasErrors |= isErrors && says;
                if (isError && says)
                {
                    return true;
                }
            }
            else if (isStatus && reader.TokenType == JsonTokenType.StartObject)
            {
                if (HasStatus(ref reader))
                {
                    return true;
                }
            }
            else if (isType && reader.TokenType == JsonTokenType.String && (reader.ValueTextEquals("error"u8) || reader.ValueTextEquals("response.failed"u8)))
            {
                return true;
            }
            else
            {
                isWithoutSuccess |= isSuccess && reader.TokenType == JsonTokenType.False;
                reader.Skip();
            }
        }

        return isWithoutSuccess && hasErrors;
    }

    private static bool HasStatus(ref Utf8JsonReader reader)
    {
        bool has = false;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            bool isCode = reader.ValueTextEquals("status_code"u8);
            reader.Read();
            has |= SaysSomething(ref reader) && isCode;
        }

        return has;
    }

    /// <summary>Reads a value to its end. Null, false, zero, an empty text, and what consists of nothing else, say nothing.</summary>
    private static bool SaysSomething(ref Utf8JsonReader reader)
    {
        bool says = false;
        int depth = reader.CurrentDepth;
        do
        {
            says |= reader.TokenType switch
            {
                JsonTokenType.String => reader.HasValueSequence || !reader.ValueSpan.IsEmpty,
                JsonTokenType.Number => reader.ValueSpan is not [(byte)'0'],
                JsonTokenType.True => true,
                _ => false,
            };
        }
        while ((reader.CurrentDepth > depth || reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray) && reader.Read());
        return says;
    }
}
