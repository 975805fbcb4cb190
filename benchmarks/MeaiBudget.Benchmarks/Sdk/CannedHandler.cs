using System.Net;
using System.Net.Http.Headers;

namespace MeaiBudget.Benchmarks;

/// <summary>Reads each request and immediately returns the same body.</summary>
/// <param name="body">The body.</param>
/// <param name="mediaType">The media type of the body.</param>
internal sealed class CannedHandler(byte[] body, string mediaType) : HttpMessageHandler
{
    /// <summary>Makes a handler that answers with the same body over HTTP, on connections in memory.</summary>
    public HttpMessageHandler OverHttp() => CannedConnection.Handler(body, mediaType);

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (request.Content is { } sent)
        {
            await sent.CopyToAsync(Stream.Null, cancellationToken);
        }

        return new HttpResponseMessage(HttpStatusCode.OK)
        {
            RequestMessage = request,
            Content = new StreamContent(new MemoryStream(body, writable: false)) { Headers = { ContentType = new MediaTypeHeaderValue(mediaType) } },
        };
    }
}
