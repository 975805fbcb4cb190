using System.Net;

namespace MeaiBudget;

/// <summary>Sends a chat request, just as the SDK wrote it, to the provider's counting endpoint instead.</summary>
/// <remarks>So the count is of the very bytes that would be sent, without a second mapping from messages to JSON.</remarks>
internal sealed class TokenCountHandler(TokenCountEndpoint endpoint, HttpMessageHandler innerHandler) : DelegatingHandler(innerHandler)
{
    private static readonly AsyncLocal<Answer?> Ambient = new();

    /// <summary>Sets where the answer goes; called in the async method that waits for it.</summary>
    public static Answer Expect() => Ambient.Value = new Answer();

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        using var question = new HttpRequestMessage(HttpMethod.Post, endpoint.AddressFor(request.RequestUri!))
        {
            Content = new ByteArrayContent(endpoint.BodyFor(await request.Content!.ReadAsByteArrayAsync(cancellationToken).ConfigureAwait(false))),
        };
        question.Content.Headers.ContentType = new("application/json");
        foreach (var (name, values) in request.Headers)
        {
            question.Headers.TryAddWithoutValidation(name, values);
        }

        var response = await base.SendAsync(question, cancellationToken).ConfigureAwait(false);
        if (response.IsSuccessStatusCode)
        {
            using (response)
            {
                Ambient.Value?.Complete(endpoint.CountIn(await response.Content.ReadAsByteArrayAsync(cancellationToken).ConfigureAwait(false)));
            }

            // The SDK waits for a chat answer that there is none of; whoever asked has the count already.
            throw new OperationCanceledException("The tokens were counted.");
        }

        if (response.StatusCode is HttpStatusCode.MethodNotAllowed or HttpStatusCode.NotImplemented)
        {
            Ambient.Value?.Complete(null);
        }

        return response;
    }

    /// <summary>What the endpoint said.</summary>
    internal sealed class Answer
    {
        public bool IsComplete { get; private set; }

        public long? Tokens { get; private set; }

        public void Complete(long? tokens) => (IsComplete, Tokens) = (true, tokens);
    }
}
