using Microsoft.Extensions.Logging;

namespace MeaiBudget;

/// <summary>Reads every request to a model before it is sent and every answer while it arrives, so that budgets reserve and charge what is sent and billed.</summary>
/// <remarks>
/// <para>
/// It must be the innermost handler of a provider's client, below handlers that retry or hedge. Each request that they send is then reserved,
/// or refused, before it is sent. The clients of the provider packages' factories have it. For other clients, use <c>AddChatWire()</c> on
/// OpenAI's client options, on an Anthropic client or on an <c>IHttpClientBuilder</c>, or use <see cref="CreateClient"/>. Requests that ask no
/// model (credentials, model lists, token counting) are not read, and neither are requests outside of a call with a layer of this library, nor
/// those of calls without a budget unless only the request tells what its answer is. Requests outside of such calls are counted
/// (<see cref="UnbudgetedRequests"/>) and logged, and refused if <see cref="RequireBudget"/> is set.
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
    private static readonly HttpRequestOptionsKey<WireAnswerStream> TimedBody = new("MeaiBudget.TimedBody");
    private static volatile bool s_isInUse;

    private WireLimits _limits = WireLimits.Default;
    private GatewayHeaders? _gateway;
    private ILoggerFactory? _loggerFactory;
    private ILogger? _logger;
    private volatile KnownRoute? _lastRoute;

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

    /// <summary>Gets or sets a value indicating whether requests to models that passed no budget are refused.</summary>
    /// <value>
    /// The default is <see langword="false"/>: they are sent, counted and logged. If <see langword="true"/>, the handler throws a
    /// <see cref="PipelineException"/> (<c>MB011</c>) before a request is sent that belongs to no call of a pipeline with <c>UseBudget</c>.
    /// </value>
    public bool RequireBudget { get; set; }

    /// <summary>Gets or sets the logger factory for requests to models that passed no budget.</summary>
    /// <value>The default is <see langword="null"/> for that of the pipeline that was built last with a logger factory in its services, if there is one.</value>
    public ILoggerFactory? LoggerFactory
    {
        get => _loggerFactory;
        set => (_loggerFactory, _logger) = (value, value?.CreateLogger<ChatWireHandler>());
    }

    /// <summary>Gets the number of requests to models that the handlers of this process saw, and that passed no budget; refused ones included.</summary>
    public static long UnbudgetedRequests => MeaiBudget.UnbudgetedRequests.Count;

    /// <summary>Creates an HTTP client with this handler as the innermost one, for example for an <c>OllamaApiClient</c>.</summary>
    /// <param name="handler">
    /// The application's handlers, which the client disposes; <see langword="null"/> for a handler that the process shares and that follows
    /// no redirects.
    /// </param>
    /// <param name="configure">Sets options of the handler, for example <see cref="RequireBudget"/>; <see langword="null"/> for the defaults.</param>
    /// <returns>The client, with the default timeout of 100 seconds.</returns>
    public static HttpClient CreateClient(HttpMessageHandler? handler = null, Action<ChatWireHandler>? configure = null) =>
        new(InnermostHandler.Around(handler ?? SharedHttpHandler.Instance, configure), disposeHandler: handler is not null);

    /// <summary>Adds this handler to an HTTP client as the innermost one, unless the client has it.</summary>
    /// <param name="client">The client. If it has already sent a request, its handlers cannot be changed, and this handler is added above them.</param>
    /// <param name="configure">
    /// Sets options of the handler, also of one that the client already has, for example <see cref="RequireBudget"/>; <see langword="null"/> for none.
    /// </param>
    /// <returns>
    /// The same client, or a new client with the same settings and the same handlers. The new client does not dispose the handlers, so dispose
    /// <paramref name="client"/>, too.
    /// </returns>
    /// <exception cref="InvalidOperationException">The handlers of the client cannot be found. Use <see cref="CreateClient"/> instead.</exception>
    public static HttpClient AddTo(HttpClient client, Action<ChatWireHandler>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(client);
        HttpMessageHandler handler = InnermostHandler.Of(client)
            ?? throw new InvalidOperationException("The handlers of the HttpClient cannot be found. Create it with ChatWireHandler.CreateClient(handler) instead.");
        HttpMessageHandler chain = InnermostHandler.Around(handler, configure);
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

    /// <summary>
    /// Returns the stream of a request's answer if it measures itself how long a read waits, so that an SDK needs no timer for each read. For
    /// SDKs whose HTTP client was made by <see cref="ProviderClientSetup.CreateHttpClient"/> without a timeout.
    /// </summary>
    /// <param name="request">The request, which has an answer.</param>
    /// <returns>
    /// The stream, whose <see cref="Stream.ReadTimeout"/> also ends asynchronous reads, with a <see cref="TaskCanceledException"/>;
    /// <see langword="null"/> if the answer is not streamed or belongs to no call of a pipeline, or handlers above this one can replace it.
    /// </returns>
    public static Stream? TimedBodyOf(HttpRequestMessage request)
    {
        ArgumentNullException.ThrowIfNull(request);
        return request.Options.TryGetValue(TimedBody, out WireAnswerStream? body) ? body : null;
    }

    /// <summary>True if the process has created such a handler.</summary>
    internal static bool IsInUse => s_isInUse;

    /// <summary>Gets or sets a value indicating whether the streams of answers can be handed to an SDK directly, because no handler is above this one.</summary>
    internal bool HandsOutBodies { get; set; }

    /// <summary>Gets or sets the clock that limits how often requests without a budget are logged.</summary>
    internal TimeProvider TimeProvider { get; set; } = TimeProvider.System;

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
            : WireAttempt.Current is { } attempt ? SendAsync(attempt, route, request, cancellationToken)
            : SendOutsideAsync(route, request, cancellationToken);
    }

    /// <inheritdoc/>
    protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (!MayAskModel(request, out WireRoute route))
        {
            return base.Send(request, cancellationToken);
        }

        // The ambient attempt is read only while a request is sent: later it may be another one.
        WireAttempt? attempt = WireAttempt.Current;
        WireRequest? asked = attempt is null && !route.IsUnknownPath ? null : WireRequestReader.Read(route, request.Content, cancellationToken);
        if (attempt is null)
        {
            if (!route.IsUnknownPath || asked is not null)
            {
                OnUnbudgeted(route, request, isOutside: true);
            }

            return base.Send(request, cancellationToken);
        }

        if (asked is null)
        {
            return base.Send(request, cancellationToken);
        }

        if (!attempt.IsBudgeted)
        {
            OnUnbudgeted(route, request, isOutside: false);
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
        HttpResponseMessage response;
        WireAnswerStream body;
        try
        {
            response = base.Send(request, cancellationToken);
            _gateway?.AddTo(response);
            OnResponse(exchange, address, request, response);
            body = exchange.Wrap(response.Content.ReadAsStream(cancellationToken));
        }
        catch (Exception failure)
        {
            exchange.OnFailure(failure);
            throw;
        }

        ProviderErrorDetection.WatchOrCheck(response, body);
        return response;
    }

    /// <summary>Covers a request of an attempt, sends it, and reads the answer along with the SDK.</summary>
    private async Task<HttpResponseMessage> SendAsync(WireAttempt attempt, WireRoute route, HttpRequestMessage request, CancellationToken cancellationToken)
    {
        WireRequest? asked = IsBodyRead(attempt, route)
            ? await WireRequestReader.ReadAsync(route, request.Content, cancellationToken).ConfigureAwait(false)
            : WireRequest.Of(route, attempt.IsStreaming);
        if (asked is null)
        {
            HttpResponseMessage other = await base.SendAsync(request, cancellationToken).ConfigureAwait(false);
            await ProviderErrorDetection.WatchAsync(other, body: null, attempt.CancellationToken, cancellationToken).ConfigureAwait(false);
            return other;
        }

        if (!attempt.IsBudgeted)
        {
            OnUnbudgeted(route, request, isOutside: false);
        }

        WireExchange exchange = attempt.Begin(asked, request);
        await attempt.CoverAsync(exchange, cancellationToken).ConfigureAwait(false);
        Uri? address = request.RequestUri;
        exchange.OnSending();
        HttpResponseMessage response;
        WireAnswerStream? body = null;
        ShortAnswer? answer = null;
        string? mediaType;
        bool isInMemory;
        try
        {
            response = await base.SendAsync(request, cancellationToken).ConfigureAwait(false);
            _gateway?.AddTo(response);
            mediaType = ProviderErrorDetection.SuccessMediaTypeOf(response);
            bool mayBeWhole = !attempt.CancellationToken.IsCancellationRequested && !cancellationToken.IsCancellationRequested && !IsFromElsewhere(address, request, response);
            isInMemory = mayBeWhole && BodyInMemory.IsIn(response, mediaType);
            if (!isInMemory)
            {
                if (mayBeWhole && !asked.IsStreaming && ShortAnswer.MayBe(response, mediaType))
                {
                    Stream stream = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
                    answer = ShortAnswer.Read(stream, response.Content.Headers.ContentLength, exchange.WatchSilence(stream, _limits), cancellationToken);
                }

                if (answer is not { IsWhole: true })
                {
                    OnResponse(exchange, address, request, response);
                    body = answer is null
                        ? exchange.Wrap(await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false))
                        : exchange.Wrap(answer.Body, answer.Silence);
                }
            }
        }
        catch (Exception failure)
        {
            exchange.OnFailure(failure);
            throw;
        }

        if (isInMemory)
        {
            await ProviderErrorDetection.CheckInMemoryAsync(response, exchange, _limits, mediaType, cancellationToken).ConfigureAwait(false);
        }
        else if (body is null)
        {
            ProviderErrorDetection.CheckWhole(response, exchange, _limits, mediaType, answer!);
        }
        else if (answer is not null)
        {
            await ProviderErrorDetection.ReadAndCheckAsync(response, body, answer, cancellationToken).ConfigureAwait(false);
        }
        else
        {
            if (HandsOutBodies && body.CanTimeout && asked.IsStreaming)
            {
                request.Options.Set(TimedBody, body);
            }

            await ProviderErrorDetection.WatchAsync(response, body, attempt.CancellationToken, cancellationToken).ConfigureAwait(false);
        }

        return response;
    }

    /// <summary>
    /// Without a budget nothing is decided by what a request asks. A response may be made in the background, which only the request says, and
    /// of an unknown path only the body tells whether it asks a model.
    /// </summary>
    private static bool IsBodyRead(WireAttempt attempt, WireRoute route) => attempt.IsBudgeted || route.IsUnknownPath || route.Protocol == WireProtocol.Responses;

    /// <summary>Sends a request outside of an attempt, unless a budget is required. Only errors in its answer are detected.</summary>
    private async Task<HttpResponseMessage> SendOutsideAsync(WireRoute route, HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (!route.IsUnknownPath || await WireRequestReader.ReadAsync(route, request.Content, cancellationToken).ConfigureAwait(false) is not null)
        {
            OnUnbudgeted(route, request, isOutside: true);
        }

        HttpResponseMessage response = await base.SendAsync(request, cancellationToken).ConfigureAwait(false);
        await ProviderErrorDetection.WatchAsync(response, body: null, ReadToken, cancellationToken).ConfigureAwait(false);
        return response;
    }

    private bool MayAskModel(HttpRequestMessage request, out WireRoute route)
    {
        route = RouteOf(request.Method, request.RequestUri);
        return route.Protocol != WireProtocol.None
            || (route.IsUnknownPath && request.Content?.Headers.ContentType?.MediaType?.Contains("json", StringComparison.OrdinalIgnoreCase) == true);
    }

    /// <summary>Reads a method and an address. Nearly all requests of a client have the address of the last one.</summary>
    private WireRoute RouteOf(HttpMethod method, Uri? address)
    {
        if (_lastRoute is { } last && method == last.Method && last.Address.Equals(address?.OriginalString, StringComparison.Ordinal))
        {
            return last.Route;
        }

        var route = WireRoute.Of(method, address);
        if (address is { IsAbsoluteUri: true })
        {
            _lastRoute = new KnownRoute(method, address.OriginalString, route);
        }

        return route;
    }

    /// <summary>Counts a request that passed no budget, and refuses it if a budget is required. Fetching an answer that exists buys nothing.</summary>
    private void OnUnbudgeted(WireRoute route, HttpRequestMessage request, bool isOutside)
    {
        if (route.ResponseId is null)
        {
            MeaiBudget.UnbudgetedRequests.Pass(
                new UnbudgetedRequest(request.RequestUri?.Host ?? "", route.Protocol, isOutside, IsRefused: RequireBudget), _logger, TimeProvider);
        }
    }

    private void OnResponse(WireExchange exchange, Uri? address, HttpRequestMessage request, HttpResponseMessage response)
    {
        exchange.OnResponse(response, _limits);
        if (IsFromElsewhere(address, request, response))
        {
            Uri answered = (response.RequestMessage?.RequestUri ?? request.RequestUri)!;
            response.Dispose();
            throw WireSendException.Redirected(answered.IsAbsoluteUri ? answered.Host : null);
        }
    }

    /// <summary>True if a handler below followed a redirect.</summary>
    private static bool IsFromElsewhere(Uri? address, HttpRequestMessage request, HttpResponseMessage response) =>
        (response.RequestMessage?.RequestUri ?? request.RequestUri) is { } answered && address is not null && !ReferenceEquals(answered, address) && answered != address;

    /// <summary>What the last method and address said.</summary>
    private sealed class KnownRoute(HttpMethod method, string address, WireRoute route)
    {
        public HttpMethod Method { get; } = method;

        public string Address { get; } = address;

        public WireRoute Route { get; } = route;
    }
}
