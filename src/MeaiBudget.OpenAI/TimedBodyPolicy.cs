using System.ClientModel.Primitives;

namespace MeaiBudget;

/// <summary>
/// Gives the SDK the stream of a <see cref="ChatWireHandler"/> itself. The SDK would put a stream around it that sets a timer and links a
/// cancellation source for each read; the handler's stream measures the same timeout with one timer.
/// </summary>
internal sealed class TimedBodyPolicy : PipelinePolicy
{
    private static readonly TimedBodyPolicy Instance = new();

    /// <summary>Sets the transport of a client, and adds the policy to it.</summary>
    /// <param name="options">The client's options.</param>
    /// <param name="http">Sends the requests; with a <see cref="ChatWireHandler"/>.</param>
    public static void AddTo(ClientPipelineOptions options, HttpClient http)
    {
        options.Transport = new Transport(http);
        options.AddPolicy(Instance, PipelinePosition.BeforeTransport);
    }

    /// <inheritdoc/>
    public override void Process(PipelineMessage message, IReadOnlyList<PipelinePolicy> pipeline, int currentIndex)
    {
        ProcessNext(message, pipeline, currentIndex);
        Unwrap(message);
    }

    /// <inheritdoc/>
    public override ValueTask ProcessAsync(PipelineMessage message, IReadOnlyList<PipelinePolicy> pipeline, int currentIndex)
    {
        ValueTask processing = ProcessNextAsync(message, pipeline, currentIndex);
        if (message.BufferResponse)
        {
            // No stream.
            return processing;
        }

        if (!processing.IsCompletedSuccessfully)
        {
            return UnwrapAsync(message, processing);
        }

        Unwrap(message);
        return processing;
    }

    private static async ValueTask UnwrapAsync(PipelineMessage message, ValueTask processing)
    {
        await processing.ConfigureAwait(false);
        Unwrap(message);
    }

    private static void Unwrap(PipelineMessage message)
    {
        if (message is { BufferResponse: false, Response: { } response, NetworkTimeout: { } timeout } && timeout > TimeSpan.Zero
            && message.TryGetProperty(typeof(TimedBodyPolicy), out object? sent) && sent is HttpRequestMessage request
            && ChatWireHandler.TimedBodyOf(request) is { } body)
        {
            body.ReadTimeout = (int)Math.Min(int.MaxValue, Math.Ceiling(timeout.TotalMilliseconds));
            response.ContentStream = body;
        }
    }

    /// <summary>Notes the last request of each message.</summary>
    private sealed class Transport(HttpClient http) : HttpClientPipelineTransport(http)
    {
        /// <inheritdoc/>
        protected override void OnSendingRequest(PipelineMessage message, HttpRequestMessage httpRequest)
        {
            base.OnSendingRequest(message, httpRequest);
            if (!message.BufferResponse)
            {
                message.SetProperty(typeof(TimedBodyPolicy), httpRequest);
            }
        }
    }
}
