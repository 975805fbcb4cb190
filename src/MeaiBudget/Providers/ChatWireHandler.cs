namespace MeaiBudget;

/// <summary>Reads every request to a model before it is sent and every answer while it arrives, so that budgets reserve and charge what is sent and billed.</summary>
/// <remarks>
/// <para>
/// It must be the innermost handler of a provider's client, below handlers that retry or hedge. Each request that they send is then reserved,
/// or refused, before it is sent. The clients of the provider packages' factories have it. For other clients, use <c>AddChatWire()</c> on
/// OpenAI's client options, on an Anthropic client or on an <c>IHttpClientBuilder</c>, or use <see cref="CreateClient"/>. Requests that ask no
/// model (credentials, model lists, token counting) are not read, and neither are requests outside of a call with a layer of this library.
/// </para>
/// <para>
/// If an answer with a success status contains an error, reading it throws, because some SDKs would ignore
/// the error. Requests are not changed, and content is not stored. An answer that a handler below fetched from another address
/// is discarded, because the redirect sent the prompt there. Thread-safe.
/// </para>
/// </remarks>
public sealed class ChatWireHandler : DelegatingHandler
{
    private static readonly AsyncLocal<CancellationToken?> AmbientReadToken = new();
    private static long s_uncovered;
    private static volatile bool s_isInUse;

    private WireLimits _limits = WireLimits.Default;
    private GatewayHeaders? _gateway;

    /// <summary>Creates a handler for a client or factory that sets the inner handler itself.</summary>
    public ChatWireHandler() => s_isInUse = true;

    /// <summary>Creates a handler around another handler.</summary>
    /// <param name="innerHandler">The handler that sends requests.</param>
    public ChatWireHandler(HttpMessageHandler innerHandler)
        : base(innerHandler) => s_isInUse = true;

    /// <summary>Gets or sets the longest answer that is read, in bytes. A longer one ends with an error and is charged.</summary>
    /// <value>
    /// The default is 16 MB; more than zero. One event of a stream may have half of it, an answer with embeddings four times as much, and an
    /// error 1 MB. A stream as a whole is not limited.
    /// </value>
    /// <exception cref="ArgumentOutOfRangeException">The value is zero or less.</exception>
    public long MaxAnswerBytes
    {
        get => _limits.LongestBody;
        set
        {
            ArgumentOutOfRangeException.ThrowIfNegativeOrZero(value);
            _limits = WireLimits.Of(value);
        }
    }

    /// <summary>Gets or sets the names that a gateway gives to response headers, by what they mean; copied.</summary>
    /// <value>
    /// The default is empty. Meanings are <c>cost</c> (the request's cost in US dollars), <c>retry-after</c>, <c>remaining-tokens</c>,
    /// <c>remaining-quota</c> and <c>request-id</c>; case is ignored. A response that has such a header is read as if it had the header
    /// that others use for it.
    /// </value>
    /// <exception cref="ArgumentException">A meaning is not known, or a name cannot be that of a header.</exception>
    public IReadOnlyDictionary<string, string> ResponseHeaders
    {
        get;
        set
        {
            ArgumentNullException.ThrowIfNull(value);
            field = new Dictionary<string, string>(value, StringComparer.OrdinalIgnoreCase);
            _gateway = GatewayHeaders.Of(field);
        }
    }
    = new Dictionary<string, string>();

    /// <summary>Creates an HTTP client with this handler as the innermost one, for example for an <c>OllamaApiClient</c>.</summary>
    /// <param name="handler">
    /// The application's handlers, which the client disposes; <see langword="null"/> for a handler that the process shares and that follows
    /// no redirects.
    /// </param>
    /// <returns>The client, with the default timeout of 100 seconds.</returns>
    public static HttpClient CreateClient(HttpMessageHandler? handler = null) =>
        new(InnermostHandler.Around(handler ?? SharedHttpHandler.Instance), disposeHandler: handler is not null);

    /// <summary>Adds this handler to an HTTP client as the innermost one, unless the client has it.</summary>
    /// <param name="client">The client. If it has already sent a request, its handlers cannot be changed, and this handler is added above them.</param>
    /// <returns>
    /// The same client, or a new client with the same settings and the same handlers. The new client does not dispose the handlers, so dispose
    /// <paramref name="client"/>, too.
    /// </returns>
    /// <exception cref="InvalidOperationException">The handlers of the client cannot be found. Use <see cref="CreateClient"/> instead.</exception>
    public static HttpClient AddTo(HttpClient client)
    {
        ArgumentNullException.ThrowIfNull(client);
        HttpMessageHandler handler = InnermostHandler.Of(client)
            ?? throw new InvalidOperationException("The handlers of the HttpClient cannot be found. Create it with ChatWireHandler.CreateClient(handler) instead.");
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

    /// <summary>Returns whether every request of an HTTP client is certain to pass such a handler.</summary>
    /// <param name="client">The client.</param>
    /// <returns>True if the client has the handler; false if it does not, or if its handlers cannot be found.</returns>
    public static bool IsIn(HttpMessageInvoker client)
    {
        ArgumentNullException.ThrowIfNull(client);
        return InnermostHandler.IsIn(InnermostHandler.Of(client));
    }

    /// <summary>True if the process has created such a handler.</summary>
    internal static bool IsInUse => s_isInUse;

    /// <summary>The number of requests to models that this process sent outside of an attempt.</summary>
    internal static long UncoveredRequests => Volatile.Read(ref s_uncovered);

    /// <summary>Gets or sets the token that ends reads that an SDK makes without a token, for requests outside of an attempt.</summary>
    internal static CancellationToken ReadToken
    {
        get => AmbientReadToken.Value is { } token ? token : default;
        set => AmbientReadToken.Value = value;
    }

    /// <inheritdoc/>
    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        return !MayAskModel(request, out WireRoute route) ? base.SendAsync(request, cancellationToken)
            : AttemptOf(route) is { } attempt ? SendAsync(attempt, route, request, cancellationToken)
            : SendOutsideAsync(request, cancellationToken);
    }

    /// <inheritdoc/>
    protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (!MayAskModel(request, out WireRoute route)
            || AttemptOf(route) is not { } attempt
            || WireRequestReader.Read(route, request.Content, cancellationToken) is not { } asked)
        {
            return base.Send(request, cancellationToken);
        }

        WireExchange exchange = attempt.Begin(asked, request);
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
                ProviderErrorDetection.Replace(response, exchange.Wrap(response.Content.ReadAsStream(cancellationToken)));
            }

            return response;
        }
        catch (Exception failure)
        {
            exchange.OnFailure(failure);
            throw;
        }
    }

    /// <summary>Covers a request of an attempt, sends it, and reads the answer along with the SDK.</summary>
    private async Task<HttpResponseMessage> SendAsync(WireAttempt attempt, WireRoute route, HttpRequestMessage request, CancellationToken cancellationToken)
    {
        HttpResponseMessage response;
        Stream? body = null;
        if (await WireRequestReader.ReadAsync(route, request.Content, cancellationToken).ConfigureAwait(false) is { } asked)
        {
            WireExchange exchange = attempt.Begin(asked, request);
            await attempt.CoverAsync(exchange, cancellationToken).ConfigureAwait(false);
            Uri? address = request.RequestUri;
            exchange.OnSending();
            try
            {
                response = await base.SendAsync(request, cancellationToken).ConfigureAwait(false);
                if (OnResponse(exchange, address, request, response))
                {
                    body = exchange.Wrap(await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false));
                }
            }
            catch (Exception failure)
            {
                exchange.OnFailure(failure);
                throw;
            }
        }
        else
        {
            response = await base.SendAsync(request, cancellationToken).ConfigureAwait(false);
        }

        await ProviderErrorDetection.WatchAsync(response, body, attempt.CancellationToken, cancellationToken).ConfigureAwait(false);
        return response;
    }

    /// <summary>Sends a request outside of an attempt. Only errors in its answer are detected.</summary>
    private async Task<HttpResponseMessage> SendOutsideAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        HttpResponseMessage response = await base.SendAsync(request, cancellationToken).ConfigureAwait(false);
        await ProviderErrorDetection.WatchAsync(response, body: null, ReadToken, cancellationToken).ConfigureAwait(false);
        return response;
    }

    private static bool MayAskModel(HttpRequestMessage request, out WireRoute route)
    {
        route = WireRoute.Of(request.Method, request.RequestUri);
        return route.Protocol != WireProtocol.None
            || (route.IsUnknownPath && request.Content?.Headers.ContentType?.MediaType?.Contains("json", StringComparison.OrdinalIgnoreCase) == true);
    }

    /// <summary>Returns the attempt that the request belongs to. Called only while a request is sent: later the ambient attempt may be another one.</summary>
    private static WireAttempt? AttemptOf(WireRoute route)
    {
        WireAttempt? attempt = WireAttempt.Current;
        if (attempt is null && route.Protocol != WireProtocol.None)
        {
            Interlocked.Increment(ref s_uncovered);
        }

        return attempt;
    }

    private bool OnResponse(WireExchange exchange, Uri? address, HttpRequestMessage request, HttpResponseMessage response)
    {
        _gateway?.AddTo(response);
        bool isReadable = exchange.OnResponse(response, _limits);
        Uri? answered = response.RequestMessage?.RequestUri ?? request.RequestUri;
        if (answered is not null && address is not null && answered != address)
        {
            response.Dispose();
            throw WireSendException.Redirected(answered.IsAbsoluteUri ? answered.Host : null);
        }

        return isReadable;
    }
}
