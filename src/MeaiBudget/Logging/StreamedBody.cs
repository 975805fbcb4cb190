using System.Collections.Frozen;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace MeaiBudget;

/// <summary>
/// Masks a streamed HTTP body for the log: JSON events, one per line. A secret may be split over several events, where a redactor
/// cannot find it. So texts are replaced by their length; the structure and the type of each event are kept.
/// </summary>
/// <remarks>Not thread-safe.</remarks>
internal sealed class StreamedBody
{
    /// <summary>The most characters of a line; a longer line is replaced by its length.</summary>
    private const int LongestLine = 256 * 1024;

    private static readonly JsonSerializerOptions Json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Members with text that describes the event and is never split.</summary>
    private static readonly FrozenSet<string> Shown = FrozenSet.ToFrozenSet(
        ["id", "object", "type", "model", "role", "name", "status", "code", "finish_reason", "stop_reason", "done_reason", "service_tier", "created_at", "request_id"], StringComparer.Ordinal);

    private readonly StringBuilder _line = new();

    public static bool Is(string? mediaType) => mediaType?.ToLowerInvariant() is "text/event-stream" or "application/x-ndjson" or "application/ndjson" or "application/jsonl"
        or "application/x-jsonl" or "application/jsonlines" or "application/x-jsonlines" or "application/json-lines" or "application/stream+json" or "application/json-seq" or "application/jsonstream";

    /// <summary>True for a line that begins an event, whatever the header says of the body.</summary>
    public static bool IsEvent(ReadOnlySpan<char> line)
    {
        line = line.TrimStart("\uFEFF\u001E ");
        return line.StartsWith("data:") || line.StartsWith("event:") || line.StartsWith("id:") || line.StartsWith("retry:") || line.StartsWith(":");
    }

    /// <summary>Appends a piece and returns the lines that it completed.</summary>
    public string Append(string piece)
    {
        var lines = new StringBuilder();
        int start = 0;
        for (int end = piece.IndexOf('\n', start); end >= 0; end = piece.IndexOf('\n', start))
        {
            _line.Append(piece, start, end - start);
            lines.Append(Complete()).Append('\n');
            start = end + 1;
        }

        // Of a line that is too long only the beginning is kept. It is not valid JSON, so it is masked as a whole.
        _line.Append(piece, start, Math.Min(piece.Length - start, Math.Max(0, LongestLine - _line.Length)));
        return lines.ToString();
    }

    /// <summary>Returns the last, unfinished line.</summary>
    public string Complete()
    {
        string line = _line.ToString().TrimEnd('\r');
        _line.Clear();
        return Shape(line);
    }

    private static string Shape(string line)
    {
        const string Data = "data:";
        line = line.TrimStart('\u001E');
        if (line.Length == 0 || line.StartsWith("event:", StringComparison.Ordinal))
        {
            return line;
        }

        bool isData = line.StartsWith(Data, StringComparison.Ordinal);
        string content = isData ? line[Data.Length..].Trim() : line;
        return (isData ? "data: " : "") + (content == "[DONE]" ? content : ShapeOfJson(content));
    }

    private static string ShapeOfJson(string content)
    {
        if (!MayBeJson(content))
        {
            return LengthOf(content);
        }

        try
        {
            return JsonNode.Parse(content) is { } node ? Masked(node, null)!.ToJsonString(Json) : "null";
        }
        catch (Exception exception) when (exception is JsonException or ArgumentException)
        {
            return LengthOf(content);
        }
    }

    /// <summary>False for what is certainly no JSON, for example a comment or half of an object: an exception for each such line would take a thousand times as long.</summary>
    private static bool MayBeJson(ReadOnlySpan<char> content)
    {
        content = content.Trim();
        return content is ['{', .., '}'] or ['[', .., ']'] or ['"', .., '"'] or "null" or "true" or "false"
            || (content.Length > 0 && (content[0] == '-' || char.IsAsciiDigit(content[0])) && char.IsAsciiDigit(content[^1]));
    }

    private static JsonNode? Masked(JsonNode? node, string? name) => node switch
    {
        JsonObject members => new JsonObject(members.Select(member => KeyValuePair.Create(member.Key, Masked(member.Value, member.Key)))),
        JsonArray items => new JsonArray([.. items.Select(item => Masked(item, name))]),
        JsonValue value when value.GetValueKind() == JsonValueKind.String && (name is null || !Shown.Contains(name)) => LengthOf(value.GetValue<string>()),
        _ => node?.DeepClone(),
    };

    private static string LengthOf(string text) => text.Length == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $"[{text.Length} characters]");
}
