using System.Net.Http.Headers;

namespace MeaiBudget;

/// <summary>Reads headers as they were received or set, without making objects of their values.</summary>
internal static class WireHeaders
{
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
