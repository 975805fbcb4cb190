using System.Text.Json;

namespace MeaiBudget.Testing;

/// <summary>One request and its answer in a recording: a line of the file. Immutable.</summary>
internal sealed record RecordedExchange
{
    public required string Method { get; init; }

    /// <summary>The path and the query, without secrets.</summary>
    public required string Url { get; init; }

    /// <summary>The request's body, without secrets; undefined for none.</summary>
    public JsonElement Body { get; init; }

    public int Status { get; init; }

    /// <summary>The answer's headers that are needed to read it.</summary>
    public IReadOnlyDictionary<string, string> Headers { get; init; } = new SortedDictionary<string, string>(StringComparer.OrdinalIgnoreCase);

    /// <summary>The answer's body, without secrets.</summary>
    public string Answer { get; init; } = "";

    /// <summary>Writes the line of the file.</summary>
    public string ToLine()
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, RecordedJson.Options))
        {
            json.WriteStartObject();
            json.WriteStartObject("request");
            json.WriteString("method", Method);
            json.WriteString("url", Url);
            if (Body.ValueKind != JsonValueKind.Undefined)
            {
                json.WritePropertyName("body");
                Body.WriteTo(json);
            }

            json.WriteEndObject();
            json.WriteStartObject("response");
            json.WriteNumber("status", Status);
            json.WriteStartObject("headers");
            foreach ((string name, string value) in Headers)
            {
                json.WriteString(name, value);
            }

            json.WriteEndObject();
            json.WriteString("body", Answer);
            json.WriteEndObject();
            json.WriteEndObject();
        }

        return System.Text.Encoding.UTF8.GetString(stream.ToArray());
    }

    /// <summary>Reads a line of the file.</summary>
    /// <exception cref="JsonException">The line is not JSON.</exception>
    /// <exception cref="KeyNotFoundException">The line lacks a member.</exception>
    public static RecordedExchange FromLine(string line)
    {
        using var document = JsonDocument.Parse(line);
        JsonElement request = document.RootElement.GetProperty("request");
        JsonElement response = document.RootElement.GetProperty("response");
        var headers = new SortedDictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (JsonProperty header in response.GetProperty("headers").EnumerateObject())
        {
            headers[header.Name] = header.Value.GetString() ?? "";
        }

        return new RecordedExchange
        {
            Method = request.GetProperty("method").GetString() ?? "",
            Url = request.GetProperty("url").GetString() ?? "",
            Body = request.TryGetProperty("body", out JsonElement body) ? body.Clone() : default,
            Status = response.GetProperty("status").GetInt32(),
            Headers = headers,
            Answer = response.GetProperty("body").GetString() ?? "",
        };
    }
}
