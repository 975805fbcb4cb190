using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace MeaiBudget.Testing;

/// <summary>A server on 127.0.0.1 that plays OpenAI, Anthropic, a LiteLLM proxy and Ollama, in their own wire formats, answering and failing as a test tells it to.</summary>
/// <remarks>
/// <para>Point a provider's SDK at the base URL of the provider that it speaks to; any API key will do. Until it is told otherwise the
/// simulator answers every request with an echo of it, and counts a token for each word.</para>
/// <para>It records every request whole, keys included, and keeps an account of what it bills.</para>
/// <para>All members are safe for concurrent use. Simulators are independent of each other; every one takes a free port.</para>
/// </remarks>
public sealed class ProviderSimulator : IAsyncDisposable
{
    private readonly ProviderSimulatorOptions _options;
    private readonly KestrelServer _server;
    private readonly ServiceProvider _services;
    private readonly Socket _refusing;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Lock _lock = new();
    private readonly List<SimulatedRequest> _requests = [];
    private int _arrived;
    private readonly Milestones _requestsSeen = new();
    private readonly Milestones _delaysBegun = new();
    private int _disposed;

    private ProviderSimulator(ProviderSimulatorOptions options)
    {
        _options = options;
        OpenAI = new ProviderScript(this, SimulatedProvider.OpenAI);
        Anthropic = new ProviderScript(this, SimulatedProvider.Anthropic);
        LiteLLM = new ProviderScript(this, SimulatedProvider.LiteLLM);
        Ollama = new ProviderScript(this, SimulatedProvider.Ollama);

        // Kestrel by itself: no host, so no configuration files, environment variables, signal handlers or log.
        _services = new ServiceCollection().BuildServiceProvider();
        var kestrel = new KestrelServerOptions { ApplicationServices = _services, AddServerHeader = false };
        kestrel.Limits.MaxRequestBodySize = null;
        kestrel.Limits.MinResponseDataRate = null;
        kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http1);
        _server = new KestrelServer(
            Options.Create(kestrel),
            new SocketTransportFactory(Options.Create(new SocketTransportOptions()), NullLoggerFactory.Instance),
            NullLoggerFactory.Instance);

        // Bound but not listening: whoever connects is refused, and nobody else can take the port.
        _refusing = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        _refusing.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        ConnectionRefusedUrl = new Uri($"http://127.0.0.1:{((IPEndPoint)_refusing.LocalEndPoint!).Port}");
    }

    /// <summary>Gets what OpenAI answers.</summary>
    public ProviderScript OpenAI { get; }

    /// <summary>Gets what Anthropic answers.</summary>
    public ProviderScript Anthropic { get; }

    /// <summary>Gets what the LiteLLM proxy answers.</summary>
    public ProviderScript LiteLLM { get; }

    /// <summary>Gets what Ollama answers.</summary>
    public ProviderScript Ollama { get; }

    /// <summary>Gets the server's root.</summary>
    public Uri BaseUrl { get; private set; } = null!;

    /// <summary>Gets the base URL for OpenAI's SDK: it ends in <c>/openai/v1</c>.</summary>
    public Uri OpenAIBaseUrl => new(BaseUrl, "openai/v1");

    /// <summary>Gets the base URL for Anthropic's SDK: it ends in <c>/anthropic</c>.</summary>
    public Uri AnthropicBaseUrl => new(BaseUrl, "anthropic");

    /// <summary>Gets the base URL of the LiteLLM proxy for OpenAI's SDK: it ends in <c>/litellm/v1</c>.</summary>
    public Uri LiteLLMBaseUrl => new(BaseUrl, "litellm/v1");

    /// <summary>Gets the base URL for OllamaSharp: it ends in <c>/ollama/</c>, with a slash, since the client resolves its paths against it.</summary>
    public Uri OllamaBaseUrl => new(BaseUrl, "ollama/");

    /// <summary>Gets a URL at which every connection is refused for as long as the simulator lives.</summary>
    public Uri ConnectionRefusedUrl { get; }

    /// <summary>Gets the requests seen so far and not forgotten, in the order of their arrival; a snapshot.</summary>
    public IReadOnlyList<SimulatedRequest> Requests
    {
        get
        {
            lock (_lock)
            {
                return [.. _requests];
            }
        }
    }

    /// <summary>Forgets the requests seen so far, so that a long test need not hold them all. Numbers go on.</summary>
    public void ForgetRequests()
    {
        lock (_lock)
        {
            _requests.Clear();
        }
    }

    /// <summary>Starts a simulator.</summary>
    /// <param name="options">How it is set up; may be null.</param>
    /// <returns>The simulator, listening.</returns>
    public static async Task<ProviderSimulator> StartAsync(ProviderSimulatorOptions? options = null)
    {
        options ??= new ProviderSimulatorOptions();
        var simulator = new ProviderSimulator(new ProviderSimulatorOptions
        {
            TimeProvider = options.TimeProvider,
            AcceptedApiKey = options.AcceptedApiKey,
            LiteLLMCost = options.LiteLLMCost,
        });
        await simulator._server.StartAsync(new SimulatorApplication(simulator.HandleAsync), CancellationToken.None);
        string address = simulator._server.Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        simulator.BaseUrl = new Uri(address);
        return simulator;
    }

    /// <summary>Creates a handler for an SDK's HTTP client that leaves a stream the moment it is disposed of.</summary>
    /// <remarks>Any handler works. But .NET's own, as it comes, spends up to two seconds waiting for the rest of a stream that was left
    /// early before it closes the connection, and until then the simulator cannot see that the client has left.</remarks>
    /// <returns>A new handler; the caller disposes of it.</returns>
    public static SocketsHttpHandler CreateHttpHandler() => new() { ResponseDrainTimeout = TimeSpan.Zero };

    /// <summary>The script of a provider.</summary>
    /// <param name="provider">The provider.</param>
    /// <returns>Its script.</returns>
    public ProviderScript Script(SimulatedProvider provider) => provider switch
    {
        SimulatedProvider.OpenAI => OpenAI,
        SimulatedProvider.Anthropic => Anthropic,
        SimulatedProvider.LiteLLM => LiteLLM,
        SimulatedProvider.Ollama => Ollama,
        _ => throw new ArgumentOutOfRangeException(nameof(provider), provider, "There is no such provider."),
    };

    /// <summary>What the simulator bills for all requests so far.</summary>
    /// <param name="provider">Only this provider; null for all.</param>
    /// <param name="model">Only requests for this model; null for all.</param>
    /// <returns>The sum. It is final for the requests whose <see cref="SimulatedRequest.Completion"/> is.</returns>
    public SimulatedUsage TotalBilled(SimulatedProvider? provider = null, string? model = null) => Requests
        .Where(request => (provider is null || request.Provider == provider) && (model is null || request.Model == model))
        .Aggregate(SimulatedUsage.None, (sum, request) => sum + request.Billed);

    /// <summary>Waits until so many requests have arrived.</summary>
    /// <param name="count">How many since the simulator was started.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>A task that ends when they have.</returns>
    public Task WaitForRequestsAsync(int count, CancellationToken cancellationToken = default) =>
        _requestsSeen.WaitForAsync(count, cancellationToken);

    /// <summary>Waits until so many delays have begun, so that a test knows when to move its clock.</summary>
    /// <param name="count">How many since the simulator was started; each <see cref="SimulatedResponse.AfterDelay"/> is one, and so is each interval before a piece.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>A task that ends when they have.</returns>
    public Task WaitForDelaysAsync(int count, CancellationToken cancellationToken = default) =>
        _delaysBegun.WaitForAsync(count, cancellationToken);

    /// <summary>Waits until the simulator has done with every request that has arrived so far.</summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>A task that ends when it has; from then on the account of those requests is final.</returns>
    public Task WaitForCompletionAsync(CancellationToken cancellationToken = default) =>
        Task.WhenAll(Requests.Select(request => request.Completion)).WaitAsync(cancellationToken);

    /// <summary>Stops the server at once: whoever is still waiting for an answer sees the connection close.</summary>
    /// <returns>A task that ends when it has stopped.</returns>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        await _stopping.CancelAsync();
        await _server.StopAsync(new CancellationToken(canceled: true));
        _server.Dispose();
        _refusing.Dispose();
        await _services.DisposeAsync();
        _stopping.Dispose();
    }

    private async Task HandleAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        (SimulatedRequest request, SimulatedRoute route, SimulatedResponse? response) = Record(context.Request, body.ToArray());
        using var left = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, _stopping.Token);
        var sender = new ResponseSender(context.Response, request, route.Format, _options, _delaysBegun, left.Token);
        try
        {
            if (route.Inform is { } inform)
            {
                await sender.InformAsync(inform(Script(route.Provider!.Value), request.Json));
            }
            else
            {
                await sender.SendAsync(response!);
            }

            request.End(left.IsCancellationRequested ? SimulatedRequestState.ClientLeft : SimulatedRequestState.Completed);
        }
        catch (OperationCanceledException) when (left.IsCancellationRequested)
        {
            request.End(SimulatedRequestState.ClientLeft);
            context.Abort();
        }
        catch (ConnectionDroppedException)
        {
            request.End(SimulatedRequestState.Dropped);
            throw;
        }
        finally
        {
            // Whatever went wrong in the simulator itself must not leave a test waiting.
            request.End(SimulatedRequestState.Dropped);
        }
    }

    // Under one lock, so that the order of the requests is the order in which they took their responses.
    private (SimulatedRequest Request, SimulatedRoute Route, SimulatedResponse? Response) Record(HttpRequest http, byte[] body)
    {
        SimulatedRoute route = SimulatedRoute.Find(http.Method, http.Path.Value ?? "/");
        JsonElement json = Parse(body);
        string? model = json.String("model");
        List<KeyValuePair<string, string>> headers =
            [.. http.Headers.SelectMany(header => header.Value.Select(value => KeyValuePair.Create(header.Key, value ?? "")))];
        SimulatedRequest request;
        SimulatedResponse? response;
        lock (_lock)
        {
            request = new SimulatedRequest(
                ++_arrived, route.Provider, route.Endpoint, http.Method, http.Path + http.QueryString, headers, body, json, _options.TimeProvider.GetUtcNow())
            {
                Model = model,
                IsStreaming = route.Endpoint == SimulatedEndpoint.Chat && route.Format.WantsStream(json),
            };
            _requests.Add(request);
            response = Refusal(request, route) ?? route.Endpoint switch
            {
                SimulatedEndpoint.Chat or SimulatedEndpoint.Embedding => Script(route.Provider!.Value).Next(model),
                SimulatedEndpoint.TokenCount => NextCount(Script(route.Provider!.Value).TokenCounting),
                _ => null,
            };
        }

        _requestsSeen.Reach();
        return (request, route, response);
    }

    // What a provider refuses by itself, whatever is scripted.
    private SimulatedResponse? Refusal(SimulatedRequest request, SimulatedRoute route)
    {
        SimulatedFaultKind? kind = null;
        if (route.Endpoint == SimulatedEndpoint.Unknown)
        {
            kind = SimulatedFaultKind.UnknownPath;
        }
        else if (_options.AcceptedApiKey is { } key && route.Format.NeedsApiKey && route.Format.ApiKey(request) != key)
        {
            kind = SimulatedFaultKind.Unauthorized;
        }
        else if (route.Endpoint is SimulatedEndpoint.Chat or SimulatedEndpoint.Embedding)
        {
            if (!Script(route.Provider!.Value).Has(request.Model))
            {
                kind = SimulatedFaultKind.ModelNotFound;
            }
            else if (IsEmpty(request.Json.Member(route.Format.MessagesProperty)))
            {
                kind = SimulatedFaultKind.EmptyMessages;
            }
        }

        return kind is { } found ? SimulatedResponse.OfFault(new SimulatedFault(found)) : null;
    }

    private static bool IsEmpty(JsonElement messages) => messages.ValueKind switch
    {
        JsonValueKind.Array => messages.GetArrayLength() == 0,
        JsonValueKind.String => false,
        _ => true,
    };

    private static SimulatedResponse NextCount(ResponseScript counting) =>
        counting.Next() ?? counting.Default ?? SimulatedResponse.Echo();

    private static JsonElement Parse(byte[] body)
    {
        if (body.Length == 0)
        {
            return default;
        }

        try
        {
            return JsonElement.Parse(body);
        }
        catch (JsonException)
        {
            return default;
        }
    }
}
