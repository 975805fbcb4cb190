using System.Net;
using System.Text;
using System.Text.Json;

namespace MeaiBudget;

/// <summary>Throws if the body of a response with a success status contains an error, which some SDKs would ignore.</summary>
/// <remarks>
/// The SDKs of OpenAI and Ollama end such a stream without an error. The factories of those providers add this handler to their
/// clients; add it yourself if you create the SDK client. Streams are not delayed. If an SDK reads a stream without a
/// cancellation token (OllamaSharp does), the read still ends and the connection closes when the attempt is cancelled or times
/// out. Thread-safe.
/// </remarks>
internal sealed class ProviderErrorDetectionHandler : DelegatingHandler
{
    private const int LongestBufferedError = 64 * 1024;

    /// <summary>Creates a handler for an SDK that sets the inner handler itself.</summary>
    public ProviderErrorDetectionHandler()
    {
    }

    /// <summary>Creates a handler around another handler.</summary>
    /// <param name="innerHandler">The handler that sends requests.</param>
    public ProviderErrorDetectionHandler(HttpMessageHandler innerHandler)
        : base(innerHandler)
    {
    }

    /// <inheritdoc/>
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var response = await base.SendAsync(request, cancellationToken).ConfigureAwait(false);
        if (response.StatusCode != HttpStatusCode.OK)
        {
            return response;
        }

        string? Header(string name) => response.Headers.TryGetValues(name, out var values) ? string.Join(",", values) : null;
        switch (response.Content.Headers.ContentType?.MediaType)
        {
            case "text/event-stream" or "application/x-ndjson" or "application/ndjson":
                var inner = response.Content;
                var stream = await inner.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
                var attemptToken = WireObservation.Current?.AttemptToken ?? default;
                response.Content = new StreamContent(new ErrorDetectingStream(stream, (line, isAfterContent) => Detect(line, isAfterContent, Header), attemptToken));
                foreach (var (name, values) in inner.Headers)
                {
                    response.Content.Headers.TryAddWithoutValidation(name, values);
                }

                return response;
            case "application/json" when response.Content.Headers.ContentLength is null or <= LongestBufferedError:
                await response.Content.LoadIntoBufferAsync(cancellationToken).ConfigureAwait(false);
                var body = await response.Content.ReadAsByteArrayAsync(cancellationToken).ConfigureAwait(false);
                if (body.Length <= LongestBufferedError && Detect(body, false, Header) is { } error)
                {
                    response.Dispose();
                    throw error;
                }

                return response;
            default:
                return response;
        }
    }

    private static ProviderErrorInResponseException? Detect(ReadOnlyMemory<byte> line, bool isAfterContent, Func<string, string?> header)
    {
        if (line.Span.IndexOf("\"error\""u8) < 0)
        {
            return null;
        }

        var json = line.Span.Trim(" \t\r\n"u8);
        if (json.StartsWith("data:"u8))
        {
            json = json[5..].TrimStart((byte)' ');
        }

        if (!IsErrorReport(json))
        {
            return null;
        }

        // Once the answer has begun, the provider may bill the output that the model has produced.
        var failure = HttpChatFailures.Classify((int)HttpStatusCode.OK, Encoding.UTF8.GetString(json), header);
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
                var isError = reader.ValueTextEquals("error"u8);
                var isType = reader.ValueTextEquals("type"u8);
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
