using System.Net;

namespace MeaiBudget;

/// <summary>Sends the chat request of an SDK to the provider's counting endpoint instead.</summary>
/// <remarks>The count is of the exact request that the SDK would send, so messages need no second mapping to JSON.</remarks>
internal sealed class TokenCountHandler(TokenCountEndpoint endpoint, HttpMessageHandler innerHandler) : DelegatingHandler(innerHandler)
{
    private static readonly AsyncLocal<Answer?> Ambient = new();

    /// <summary>Sets the object that receives the count. Call it in the async method that awaits the request.</summary>
    public static Answer Expect() => Ambient.Value = new Answer();

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        using var question = new HttpRequestMessage(HttpMethod.Post, endpoint.AddressFor(request.RequestUri!))
        {
            Content = new ByteArrayContent(endpoint.BodyFor(await request.Content!.ReadAsByteArrayAsync(cancellationToken).ConfigureAwait(false))),
        };
        question.Content.Headers.ContentType = new("application/json");
        foreach ((string? name, IEnumerable<string>? values) in request.Headers)
        {
            question.Headers.TryAddWithoutValidation(name, values);
        }

        HttpResponseMessage response = await base.SendAsync(question, cancellationToken).ConfigureAwait(false);
        if (response.IsSuccessStatusCode)
        {
            using (response)
            {
                Ambient.Value?.Complete(endpoint.CountIn(await response.Content.ReadAsByteArrayAsync(cancellationToken).ConfigureAwait(false)));
            }

            // The SDK cannot parse the count as a chat response. The caller already has the count, so end the request here.
            throw new OperationCanceledException("The tokens were counted.");
        }

        if (response.StatusCode is HttpStatusCode.MethodNotAllowed or HttpStatusCode.NotImplemented)
        {
            Ambient.Value?.Complete(null);
        }

        return response;
    }

    /// <summary>The response of the counting endpoint.</summary>
    internal sealed class Answer
    {
        public bool IsComplete { get; private set; }

        public long? Tokens { get; private set; }

        public void Complete(long? tokens) => (IsComplete, Tokens) = (true, tokens);
    }
}
