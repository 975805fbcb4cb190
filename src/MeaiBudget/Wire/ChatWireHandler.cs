namespace MeaiBudget;

/// <summary>Sees every request to a model before it leaves and every answer as it arrives, so that budgets charge what is really sent and billed.</summary>
/// <remarks>
/// <para>
/// Put it innermost into the HTTP pipeline of a provider's client, below handlers that retry or hedge: each request that they send is
/// reserved for, or refused, before a byte of it leaves. The clients of the provider packages' factories have it. For other clients,
/// use <c>AddChatWire()</c> on OpenAI's client options, an Anthropic client or an <c>IHttpClientBuilder</c>, or <see cref="CreateClient"/>.
/// Requests that ask no model (tokens, model lists, token counting) pass through, and so does everything that is sent outside of a call
/// with a budget.
/// </para>
/// <para>
/// Requests are never changed, and content is never kept. Redirects are not followed with a body: an answer that a handler below
/// fetched from another address is discarded. Thread-safe.
/// </para>
/// </remarks>
public sealed class ChatWireHandler : DelegatingHandler
{
    private static long s_uncovered;
    private static volatile bool s_isInUse;

    /// <summary>Makes a handler for a client or factory that sets the inner handler itself.</summary>
    public ChatWireHandler() => s_isInUse = true;

    /// <summary>Makes a handler around another.</summary>
    /// <param name="innerHandler">The handler that sends.</param>
    public ChatWireHandler(HttpMessageHandler innerHandler)
        : base(innerHandler) => s_isInUse = true;

    /// <summary>Makes an HTTP client with this handler innermost, for example for an <c>OllamaApiClient</c>.</summary>
    /// <param name="handler">
    /// The handlers of the app, which the client disposes; <see langword="null"/> for a shared handler that follows no redirects.
    /// </param>
    /// <returns>The client. Set its address and time-out as usual.</returns>
    public static HttpClient CreateClient(HttpMessageHandler? handler = null) =>
        new(InnermostHandler.Around(handler ?? SharedHttpHandler.Instance), disposeHandler: handler is not null);

    /// <summary>Puts this handler innermost into an HTTP client, unless the client has it.</summary>
    /// <param name="client">The client. If it has sent a request already, its handlers cannot be changed, and this handler stands around them.</param>
    /// <returns>
    /// The same client, or a new one with the same settings on the same handlers. The new one does not dispose the handlers: dispose
    /// <paramref name="client"/> too.
    /// </returns>
    /// <exception cref="InvalidOperationException">The handlers of the client cannot be found. Use <see cref="CreateClient"/> instead.</exception>
    public static HttpClient AddTo(HttpClient client)
    {
        ArgumentNullException.ThrowIfNull(client);
        HttpMessageHandler handler = InnermostHandler.Of(client)
            ?? throw new InvalidOperationException("The handlers of the HttpClient cannot be found. Make it with ChatWireHandler.CreateClient(handler) instead.");
        HttpMessageHandler chain = InnermostHandler.Around(handler);
        if (ReferenceEquals(chain, handler))
        {
            return client;
        }

        var added = new HttpClient(chain, disposeHandler: false)
        {
            BaseAddress = client.BaseAddress,
            Timeout = client.Timeout,
            MaxResponseContentBufferSize = client.MaxResponseContentBufferSize,
            DefaultRequestVersion = client.DefaultRequestVersion,
            DefaultVersionPolicy = client.DefaultVersionPolicy,
        };
        foreach (KeyValuePair<string, IEnumerable<string>> header in client.DefaultRequestHeaders)
        {
            added.DefaultRequestHeaders.TryAddWithoutValidation(header.Key, header.Value);
        }

        return added;
    }

    /// <summary>Returns true if it is certain that every request of an HTTP client passes such a handler.</summary>
    /// <param name="client">The client.</param>
    /// <returns>True if the handler is among the client's handlers; false if it is not, or if they cannot be found.</returns>
    public static bool IsIn(HttpMessageInvoker client)
    {
        ArgumentNullException.ThrowIfNull(client);
        return InnermostHandler.IsIn(InnermostHandler.Of(client));
    }

    /// <summary>Gets a value indicating whether there is such a handler in the process: until then, nothing can be seen.</summary>
    internal static bool IsInUse => s_isInUse;

    /// <summary>Gets the number of requests to models that were sent outside of an attempt, in this process.</summary>
    internal static long UncoveredRequests => Volatile.Read(ref s_uncovered);

    /// <inheritdoc/>
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (AttemptOf(request, out WireRoute route) is not { } attempt
            || await WireRequestReader.ReadAsync(route, request.Content, cancellationToken).ConfigureAwait(false) is not { } asked)
        {
            return await base.SendAsync(request, cancellationToken).ConfigureAwait(false);
        }

        WireExchange exchange = attempt.Begin(asked);
        await attempt.CoverAsync(exchange, cancellationToken).ConfigureAwait(false);
        Uri? address = request.RequestUri;
        exchange.OnSending();
        try
        {
            HttpResponseMessage response = await base.SendAsync(request, cancellationToken).ConfigureAwait(false);
            if (OnResponse(exchange, address, request, response))
            {
                Wrap(exchange, response, await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false));
            }

            return response;
        }
        catch (Exception failure)
        {
            exchange.OnFailure(failure);
            throw;
        }
    }

    /// <inheritdoc/>
    protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (AttemptOf(request, out WireRoute route) is not { } attempt
            || WireRequestReader.Read(route, request.Content, cancellationToken) is not { } asked)
        {
            return base.Send(request, cancellationToken);
        }

        WireExchange exchange = attempt.Begin(asked);
        ValueTask covered = attempt.CoverAsync(exchange, cancellationToken);
        if (covered.IsCompleted)
        {
            covered.GetAwaiter().GetResult();
        }
        else
        {
            covered.AsTask().GetAwaiter().GetResult();
        }

        Uri? address = request.RequestUri;
        exchange.OnSending();
        try
        {
            HttpResponseMessage response = base.Send(request, cancellationToken);
            if (OnResponse(exchange, address, request, response))
            {
                Wrap(exchange, response, response.Content.ReadAsStream(cancellationToken));
            }

            return response;
        }
        catch (Exception failure)
        {
            exchange.OnFailure(failure);
            throw;
        }
    }

    /// <summary>Gives the attempt that the request belongs to, if it asks a model.</summary>
    private static WireAttempt? AttemptOf(HttpRequestMessage request, out WireRoute route)
    {
        route = WireRoute.Of(request.Method, request.RequestUri);
        bool mayAsk = route.Protocol != WireProtocol.None
            || (route.IsUnknownPath && request.Content?.Headers.ContentType?.MediaType?.Contains("json", StringComparison.OrdinalIgnoreCase) == true);
        if (!mayAsk)
        {
            return null;
        }

        // Only here: while an answer is read, the ambient attempt may be another call's.
        WireAttempt? attempt = WireAttempt.Current;
        if (attempt is null && route.Protocol != WireProtocol.None)
        {
            Interlocked.Increment(ref s_uncovered);
        }

        return attempt;
    }

    private static bool OnResponse(WireExchange exchange, Uri? address, HttpRequestMessage request, HttpResponseMessage response)
    {
        bool isReadable = exchange.OnResponse(response);
        Uri? answered = response.RequestMessage?.RequestUri ?? request.RequestUri;
        if (answered is not null && address is not null && answered != address)
        {
            response.Dispose();
            throw WireSendException.Redirected(answered.IsAbsoluteUri ? answered.Host : null);
        }

        return isReadable;
    }

    private static void Wrap(WireExchange exchange, HttpResponseMessage response, Stream body)
    {
        HttpContent inner = response.Content;
        var content = new StreamContent(exchange.Wrap(body));
        foreach (KeyValuePair<string, IEnumerable<string>> header in inner.Headers)
        {
            content.Headers.TryAddWithoutValidation(header.Key, header.Value);
        }

        response.Content = content;
    }
}
