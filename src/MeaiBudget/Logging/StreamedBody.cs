using System.Collections.Frozen;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace MeaiBudget;

/// <summary>
/// A streamed HTTP body on its way into a log: events of JSON, a line each. A secret may be split over any number of them, where no
/// redactor could see it, so what is said stands there by its length; the events themselves and what they are stay.
/// </summary>
/// <remarks>Not thread-safe.</remarks>
internal sealed class StreamedBody
{
    /// <summary>A longer line is left out whole.</summary>
    private const int LongestLine = 256 * 1024;

    private static readonly JsonSerializerOptions Json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Members whose text says what an event is and never comes in pieces.</summary>
    private static readonly FrozenSet<string> Shown = FrozenSet.ToFrozenSet(
        ["id", "object", "type", "model", "role", "name", "status", "code", "finish_reason", "stop_reason", "done_reason", "service_tier", "created_at", "request_id"], StringComparer.Ordinal);

    private readonly StringBuilder _line = new();

    public static bool Is(string? mediaType) => mediaType is "text/event-stream" or "application/x-ndjson" or "application/jsonl" or "application/stream+json";

    /// <summary>Takes a piece, and gives the lines that it completed.</summary>
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

        // A line that is too long is not kept, and what was kept of it makes it unreadable as JSON.
        _line.Append(piece, start, Math.Min(piece.Length - start, Math.Max(0, LongestLine - _line.Length)));
        return lines.ToString();
    }

    /// <summary>Gives what is left of a line that did not end.</summary>
    public string Complete()
    {
        string line = _line.ToString().TrimEnd('\r');
        _line.Clear();
        return Shape(line);
    }

    private static string Shape(string line)
    {
        const string Data = "data:";
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
        try
        {
            return JsonNode.Parse(content) is { } node ? Masked(node, null)!.ToJsonString(Json) : "null";
        }
        catch (Exception exception) when (exception is JsonException or ArgumentException)
        {
            return LengthOf(content);
        }
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
