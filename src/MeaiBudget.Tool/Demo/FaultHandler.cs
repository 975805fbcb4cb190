using System.Collections.Concurrent;
using System.Net;
using System.Text;

namespace MeaiBudget.Tool;

/// <summary>Sends requests, except those that must fail: it answers these itself, and the provider never receives them.</summary>
internal sealed class FaultHandler : DelegatingHandler
{
    private readonly ConcurrentQueue<(int Status, string? RetryAfter)> _faults = new();

    public FaultHandler()
        : base(new SocketsHttpHandler())
    {
    }

    public void Add(int status, int times, string? retryAfter)
    {
        for (int i = 0; i < times; i++)
        {
            _faults.Enqueue((status, retryAfter));
        }
    }

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (!_faults.TryDequeue(out (int Status, string? RetryAfter) fault))
        {
            return base.SendAsync(request, cancellationToken);
        }

        var response = new HttpResponseMessage((HttpStatusCode)fault.Status)
        {
            RequestMessage = request,
            Content = new StringContent("""{"error":{"message":"made by the demo","type":"server_error"}}""", Encoding.UTF8, "application/json"),
        };
        if (fault.RetryAfter is { } retryAfter)
        {
            response.Headers.TryAddWithoutValidation("Retry-After", retryAfter);
        }

        return Task.FromResult(response);
    }
}
