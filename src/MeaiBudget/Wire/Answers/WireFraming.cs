namespace MeaiBudget;

/// <summary>How the documents of an answer follow each other.</summary>
internal enum WireFraming
{
    /// <summary>Nothing came yet.</summary>
    Unknown,

    /// <summary>One document, or several without separators.</summary>
    Json,

    /// <summary>A document a line.</summary>
    Lines,

    /// <summary>Server-sent events.</summary>
    Events,

    /// <summary>Amazon's binary event stream.</summary>
    Amazon,

    /// <summary>Something else: a page, compressed bytes.</summary>
    Opaque,
}

/// <summary>What content types say about the framing.</summary>
internal static class WireFramings
{
    /// <summary>Reads a media type.</summary>
    /// <param name="contentType">The media type, in any case; perhaps none.</param>
    /// <returns>The framing that it promises.</returns>
    public static WireFraming Of(string? contentType) => contentType switch
    {
        null => WireFraming.Unknown,
        "application/json" => WireFraming.Json,
        "text/event-stream" => WireFraming.Events,
        _ when contentType.Contains("event-stream", StringComparison.OrdinalIgnoreCase) => WireFraming.Events,
        _ when contentType.Contains("amazon.eventstream", StringComparison.OrdinalIgnoreCase) => WireFraming.Amazon,
        _ when contentType.Contains("ndjson", StringComparison.OrdinalIgnoreCase) || contentType.Contains("jsonl", StringComparison.OrdinalIgnoreCase)
            || contentType.Contains("json-lines", StringComparison.OrdinalIgnoreCase) || contentType.Contains("stream+json", StringComparison.OrdinalIgnoreCase) => WireFraming.Lines,
        _ when contentType.Contains("json", StringComparison.OrdinalIgnoreCase) => WireFraming.Json,
        _ => WireFraming.Unknown,
    };
}
