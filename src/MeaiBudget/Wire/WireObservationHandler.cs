namespace MeaiBudget;

/// <summary>Writes down, for the attempt that is running, how many HTTP requests its SDK sent and which limit and retry headers came back.</summary>
/// <remarks>
/// The factories put it into their clients. Add it to a client of your own to have Retry-After where the SDK hides headers
/// (Anthropic, Ollama) and to notice an SDK that retries by itself. It reads no content. Thread-safe.
/// </remarks>
internal sealed class WireObservationHandler : DelegatingHandler
{
    /// <summary>Makes a handler for an SDK that sets the inner handler itself.</summary>
    public WireObservationHandler() => WireObservation.HasObservers = true;

    /// <summary>Makes a handler around another.</summary>
    /// <param name="innerHandler">The handler that sends.</param>
    public WireObservationHandler(HttpMessageHandler innerHandler)
        : base(innerHandler) => WireObservation.HasObservers = true;

    /// <inheritdoc/>
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var observation = WireObservation.Current;
        observation?.RecordRequest();
        var response = await base.SendAsync(request, cancellationToken).ConfigureAwait(false);
        observation?.RecordResponse(response);
        return response;
    }

    /// <inheritdoc/>
    protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var observation = WireObservation.Current;
        observation?.RecordRequest();
        var response = base.Send(request, cancellationToken);
        observation?.RecordResponse(response);
        return response;
    }
}
