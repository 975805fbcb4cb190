using System.Net;

namespace MeaiBudget.Tests;

/// <summary>Answers every request from a script and records the requests, without a socket.</summary>
internal sealed class CannedHandler(Func<CannedRequest, HttpResponseMessage> answer) : HttpMessageHandler
{
    public List<CannedRequest> Requests { get; } = [];

    public static CannedHandler Json(HttpStatusCode status, string body, params (string Name, string Value)[] headers) =>
        new(_ => Response((int)status, body, "application/json", headers));

    public static CannedHandler Events(string body, string mediaType = "text/event-stream") => new(_ => Response(200, body, mediaType));

    public static CannedHandler Throws(Func<Exception> exception) => new(_ => throw exception());

    public static HttpResponseMessage Response(int status, string body, string mediaType = "application/json", params (string Name, string Value)[] headers)
    {
        var response = new HttpResponseMessage((HttpStatusCode)status) { Content = new StringContent(body) };
        response.Content.Headers.ContentType = new(mediaType);
        foreach ((string? name, string? value) in headers)
        {
            response.Headers.TryAddWithoutValidation(name, value);
        }

        return response;
    }

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        string body = request.Content is null ? "" : await request.Content.ReadAsStringAsync(cancellationToken);
        var seen = new CannedRequest(request.RequestUri!, body, request.Headers.ToDictionary(header => header.Key, header => string.Join(",", header.Value)));
        lock (Requests)
        {
            Requests.Add(seen);
        }

        HttpResponseMessage response = answer(seen);
        response.RequestMessage = request;
        return response;
    }
}

/// <summary>One request that a <see cref="CannedHandler"/> saw.</summary>
internal sealed record CannedRequest(Uri Address, string Body, IReadOnlyDictionary<string, string> Headers);
