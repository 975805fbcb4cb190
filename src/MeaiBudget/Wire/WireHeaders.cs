using System.Net.Http.Headers;

namespace MeaiBudget;

/// <summary>Reads headers as they were received or set, without making objects of their values.</summary>
internal static class WireHeaders
{
    private static readonly string[] TierNames =
        ["X-Amzn-Bedrock-Service-Tier", "X-Amzn-Bedrock-PerformanceConfig-Latency", "X-Vertex-AI-LLM-Shared-Request-Type", "X-Vertex-AI-LLM-Request-Type"];

    /// <summary>Returns a content's media type, without parameters.</summary>
    /// <param name="headers">The content's headers.</param>
    /// <returns>The media type as written; null if there is none, or if it cannot be read.</returns>
    public static string? MediaTypeOf(HttpContentHeaders headers)
    {
        if (!headers.NonValidated.TryGetValues("Content-Type", out HeaderStringValues values) || values.Count != 1)
        {
            return headers.ContentType?.MediaType;
        }

        // The types of nearly all requests and answers; anything else is parsed.
        string written = values.ToString();
        return written switch
        {
            "application/json" or "text/event-stream" or "application/x-ndjson" => written,
            "application/json; charset=utf-8" => "application/json",
            "text/event-stream; charset=utf-8" => "text/event-stream",
            "application/x-ndjson; charset=utf-8" => "application/x-ndjson",
            _ => headers.ContentType?.MediaType,
        };
    }

    /// <summary>Returns whether a content is compressed or encoded otherwise.</summary>
    /// <param name="headers">The content's headers.</param>
    public static bool IsEncoded(HttpContentHeaders headers)
    {
        if (!headers.NonValidated.Contains("Content-Encoding"))
        {
            return false;
        }

        foreach (string encoding in headers.ContentEncoding)
        {
            if (!encoding.Equals("identity", StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Returns the service tier that stands in the headers of a request, as Bedrock's and Vertex's does; the dearer one if there are two.</summary>
    /// <param name="headers">The request's headers.</param>
    /// <returns>The tier as written; null if there is none.</returns>
    public static string? TierOf(HttpRequestHeaders headers)
    {
        string? found = null;
        foreach (string name in TierNames)
        {
            if (headers.NonValidated.TryGetValues(name, out HeaderStringValues values) && values.ToString() is { Length: > 0 } tier
                && (found is null || WireRequestValues.Rank(tier) > WireRequestValues.Rank(found)))
            {
                found = WireText.Cut(tier);
            }
        }

        return found;
    }

    /// <summary>Copies the headers of a content to another one.</summary>
    /// <param name="from">The headers.</param>
    /// <param name="to">The headers of a new content.</param>
    public static void Copy(HttpContentHeaders from, HttpContentHeaders to)
    {
        foreach (KeyValuePair<string, HeaderStringValues> header in from.NonValidated)
        {
            foreach (string value in header.Value)
            {
                to.TryAddWithoutValidation(header.Key, value);
            }
        }
    }
}
