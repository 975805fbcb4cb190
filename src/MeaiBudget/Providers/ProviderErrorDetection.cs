using System.Net;
using System.Text;
using System.Text.Json;

namespace MeaiBudget;

/// <summary>Throws if the body of a response with a success status contains an error, which some SDKs would ignore.</summary>
/// <remarks>
/// The SDKs of OpenAI and Ollama end such a stream without an error. Streams are not delayed. If an SDK reads a stream without a
/// cancellation token (OllamaSharp does), the read still ends and the connection closes when the attempt is cancelled or times out.
/// </remarks>
internal static class ProviderErrorDetection
{
    private const int LongestBufferedError = 64 * 1024;

    /// <summary>Reads a short body now, and a stream while the SDK reads it.</summary>
    /// <param name="response">The response; its content may be replaced.</param>
    /// <param name="readToken">Ends reads of a stream that the SDK makes without a token.</param>
    /// <param name="cancellationToken">Cancels the read of a short body.</param>
    /// <exception cref="ProviderErrorInResponseException">The body is an error.</exception>
    public static async ValueTask WatchAsync(HttpResponseMessage response, CancellationToken readToken, CancellationToken cancellationToken)
    {
        if (response.StatusCode != HttpStatusCode.OK)
        {
            return;
        }

        string? Header(string name) => response.Headers.TryGetValues(name, out IEnumerable<string>? values) ? string.Join(",", values) : null;
        HttpContent content = response.Content;
        switch (content.Headers.ContentType?.MediaType)
        {
            case "text/event-stream" or "application/x-ndjson" or "application/ndjson":
                Stream stream = await content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
                response.Content = new StreamContent(new ErrorDetectingStream(stream, (line, isAfterContent) => Detect(line, isAfterContent, Header), readToken));
                foreach (KeyValuePair<string, IEnumerable<string>> header in content.Headers)
                {
                    response.Content.Headers.TryAddWithoutValidation(header.Key, header.Value);
                }

                break;
            case "application/json" when content.Headers.ContentLength is null or <= LongestBufferedError:
                await content.LoadIntoBufferAsync(cancellationToken).ConfigureAwait(false);
                byte[] body = await content.ReadAsByteArrayAsync(cancellationToken).ConfigureAwait(false);
                if (body.Length <= LongestBufferedError && Detect(body, false, Header) is { } error)
                {
                    response.Dispose();
                    throw error;
                }

                break;
        }
    }

    private static ProviderErrorInResponseException? Detect(ReadOnlyMemory<byte> line, bool isAfterContent, Func<string, string?> header)
    {
        if (line.Span.IndexOf("\"error\""u8) < 0)
        {
            return null;
        }

        ReadOnlySpan<byte> json = line.Span.Trim(" \t\r\n"u8);
        if (json.StartsWith("data:"u8))
        {
            json = json[5..].TrimStart((byte)' ');
        }

        if (!IsErrorReport(json))
        {
            return null;
        }

        // Once the answer has begun, the provider may bill the output that the model has produced.
        ChatFailure failure = HttpChatFailures.Classify((int)HttpStatusCode.OK, Encoding.UTF8.GetString(json), header);
        return new ProviderErrorInResponseException(isAfterContent ? failure with { Phase = ChatFailurePhase.Ambiguous } : failure);
    }

    /// <summary>True if the object has an <c>error</c>, or its type is <c>error</c> or <c>response.failed</c>. Text that only mentions an error does not count.</summary>
    private static bool IsErrorReport(ReadOnlySpan<byte> json)
    {
        if (json.IsEmpty || json[0] != (byte)'{')
        {
            return false;
        }

        var reader = new Utf8JsonReader(json);
        try
        {
            reader.Read();
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                bool isError = reader.ValueTextEquals("error"u8);
                bool isType = reader.ValueTextEquals("type"u8);
                reader.Read();
                if ((isError && reader.TokenType is JsonTokenType.StartObject or JsonTokenType.String)
                    || (isType && reader.TokenType is JsonTokenType.String && (reader.ValueTextEquals("error"u8) || reader.ValueTextEquals("response.failed"u8))))
                {
                    return true;
                }

                reader.Skip();
            }
        }
        catch (JsonException)
        {
            // The SDK reports invalid JSON itself.
        }

        return false;
    }
}
