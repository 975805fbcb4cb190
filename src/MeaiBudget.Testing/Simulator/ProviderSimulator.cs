using System.Collections.Concurrent;
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

/// <summary>
/// A server on 127.0.0.1 that simulates OpenAI, Anthropic, a LiteLLM proxy and Ollama in their own wire formats, and answers and fails
/// according to scripts.
/// </summary>
/// <remarks>
/// <para>Set the base URL of a provider's SDK to that of the simulated provider; any API key is accepted. By default the simulator answers
/// each request with an echo and counts one token per word.</para>
/// <para>It records every request completely, including API keys, and the tokens that it bills.</para>
/// <para>Thread-safe. Simulators are independent of each other; each uses a free port.</para>
/// </remarks>
/// <example>
/// <code>
/// await using ProviderSimulator simulator = await ProviderSimulator.StartAsync();
/// simulator.OpenAI.Enqueue(SimulatedResponse.RateLimited(retryAfter: "0"), SimulatedResponse.Text("Rome.").WithUsage(120, 2));
///
/// IChatClient client = OpenAIChatClientFactory.Create(new() { ApiKey = "any", ModelId = "gpt-4.1-mini", BaseUrl = simulator.OpenAIBaseUrl.ToString() })
///     .AsBuilder().UseRetry().Build();
/// Assert.Equal("Rome.", (await client.GetResponseAsync("What is the capital of Italy?")).Text);
/// Assert.Equal(2, simulator.OpenAI.ChatRequests.Count);
/// </code>
/// </example>
public sealed class ProviderSimulator : IAsyncDisposable
{
    private static readonly ConcurrentDictionary<string, ProviderSimulator> Running = new(StringComparer.OrdinalIgnoreCase);

    private readonly ProviderSimulatorOptions _options;
    private readonly KestrelServer _server;
    private readonly ServiceProvider _services;
    private readonly Socket _refusing;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Lock _lock = new();
    private readonly List<SimulatedRequest> _requests = [];
    private readonly StoredAnswers _stored;
    private int _arrived;
    private readonly Milestones _requestsSeen = new();
    private readonly Milestones _delaysBegun = new();
    private int _disposed;

    private ProviderSimulator(ProviderSimulatorOptions options)
    {
        _options = options;
        _stored = new StoredAnswers(options.TimeProvider);
        OpenAI = new ProviderScript(this, SimulatedProvider.OpenAI);
        Anthropic = new ProviderScript(this, SimulatedProvider.Anthropic);
        LiteLLM = new ProviderScript(this, SimulatedProvider.LiteLLM);
        Ollama = new ProviderScript(this, SimulatedProvider.Ollama);

        // Kestrel without a host, so that there are no configuration files, environment variables, signal handlers or logs.
        _services = new ServiceCollection().BuildServiceProvider();
        var kestrel = new KestrelServerOptions { ApplicationServices = _services, AddServerHeader = false };
        kestrel.Limits.MaxRequestBodySize = null;
        kestrel.Limits.MinResponseDataRate = null;
        kestrel.Listen(IPAddress.Loopback, options.Port, listen => listen.Protocols = HttpProtocols.Http1);
        _server = new KestrelServer(
            Options.Create(kestrel),
            new SocketTransportFactory(Options.Create(new SocketTransportOptions()), NullLoggerFactory.Instance),
            NullLoggerFactory.Instance);

        // The port is bound but not listening, so connections are refused and no other process can use it.
        _refusing = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        _refusing.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        ConnectionRefusedUrl = new Uri($"http://127.0.0.1:{((IPEndPoint)_refusing.LocalEndPoint!).Port}");
    }

    /// <summary>Gets the script of OpenAI.</summary>
    public ProviderScript OpenAI { get; }

    /// <summary>Gets the script of Anthropic.</summary>
    public ProviderScript Anthropic { get; }

    /// <summary>Gets the script of the LiteLLM proxy.</summary>
    public ProviderScript LiteLLM { get; }

    /// <summary>Gets the script of Ollama.</summary>
    public ProviderScript Ollama { get; }

    /// <summary>Gets the root URL of the server.</summary>
    public Uri BaseUrl { get; private set; } = null!;

    /// <summary>Gets the base URL for OpenAI's SDK; it ends with <c>/openai/v1</c>.</summary>
    public Uri OpenAIBaseUrl => new(BaseUrl, "openai/v1");

    /// <summary>Gets the base URL for Anthropic's SDK; it ends with <c>/anthropic</c>.</summary>
    public Uri AnthropicBaseUrl => new(BaseUrl, "anthropic");

    /// <summary>Gets the base URL of the LiteLLM proxy for OpenAI's SDK; it ends with <c>/litellm/v1</c>.</summary>
    public Uri LiteLLMBaseUrl => new(BaseUrl, "litellm/v1");

    /// <summary>Gets the base URL for OllamaSharp; it ends with <c>/ollama/</c>, with a slash, because OllamaSharp resolves its paths relative to it.</summary>
    public Uri OllamaBaseUrl => new(BaseUrl, "ollama/");

    /// <summary>Gets a URL at which connections are refused until the simulator is disposed.</summary>
    public Uri ConnectionRefusedUrl { get; }

    /// <summary>Gets a snapshot of the recorded requests, in the order of their arrival.</summary>
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

    /// <summary>Removes the recorded requests, to free memory in a long test. Request numbers continue.</summary>
    public void ForgetRequests()
    {
        lock (_lock)
        {
            _requests.Clear();
        }
    }

    /// <summary>Starts a simulator.</summary>
    /// <param name="options">The options; <see langword="null"/> for the defaults.</param>
    /// <returns>The simulator, listening.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The port is not from 0 to 65535.</exception>
    /// <exception cref="IOException">The port is in use.</exception>
    public static async Task<ProviderSimulator> StartAsync(ProviderSimulatorOptions? options = null)
    {
        options ??= new ProviderSimulatorOptions();
        var simulator = new ProviderSimulator(new ProviderSimulatorOptions
        {
            TimeProvider = options.TimeProvider,
            Port = options.Port,
            AcceptedApiKey = options.AcceptedApiKey,
            LiteLLMCost = options.LiteLLMCost,
            Prices = options.Prices,
        });
        await simulator._server.StartAsync(new SimulatorApplication(simulator.HandleAsync), CancellationToken.None);
        string address = simulator._server.Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        simulator.BaseUrl = new Uri(address);
        Running[simulator.BaseUrl.Authority] = simulator;
        return simulator;
    }

    /// <summary>Creates a handler for an SDK's HTTP client that closes the connection immediately when a stream is disposed.</summary>
    /// <remarks>Other handlers work, too. But .NET's default handler reads the rest of a disposed stream for up to two seconds before it closes
    /// the connection, and until then the simulator cannot detect that the client has left.</remarks>
    /// <returns>A new handler, which the caller disposes.</returns>
    public static SocketsHttpHandler CreateHttpHandler() => new() { ResponseDrainTimeout = TimeSpan.Zero };

    /// <summary>Returns the script of a provider.</summary>
    /// <param name="provider">The provider.</param>
    /// <returns>The script.</returns>
    public ProviderScript Script(SimulatedProvider provider) => provider switch
    {
        SimulatedProvider.OpenAI => OpenAI,
        SimulatedProvider.Anthropic => Anthropic,
        SimulatedProvider.LiteLLM => LiteLLM,
        SimulatedProvider.Ollama => Ollama,
        _ => throw new ArgumentOutOfRangeException(nameof(provider), provider, "The provider is not defined. Use a member of SimulatedProvider."),
    };

    /// <summary>Returns the tokens billed for all recorded requests.</summary>
    /// <param name="provider">The provider; <see langword="null"/> for all.</param>
    /// <param name="model">The model; <see langword="null"/> for all.</param>
    /// <returns>The sum. It is final for requests whose <see cref="SimulatedRequest.Completion"/> has completed.</returns>
    public SimulatedUsage TotalBilled(SimulatedProvider? provider = null, string? model = null) => Requests
        .Where(request => (provider is null || request.Provider == provider) && (model is null || request.Model == model))
        .Aggregate(SimulatedUsage.None, (sum, request) => sum + request.Billed);

    /// <summary>Waits until a number of requests have arrived.</summary>
    /// <param name="count">The number of requests since the simulator was started.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>A task that completes when they have arrived.</returns>
    public Task WaitForRequestsAsync(int count, CancellationToken cancellationToken = default) =>
        _requestsSeen.WaitForAsync(count, cancellationToken);

    /// <summary>Waits until a number of delays have begun, so that the test can move its clock.</summary>
    /// <param name="count">The number of delays since the simulator was started. Each <see cref="SimulatedResponse.AfterDelay"/> and each interval before a piece is one.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>A task that completes when they have begun.</returns>
    public Task WaitForDelaysAsync(int count, CancellationToken cancellationToken = default) =>
        _delaysBegun.WaitForAsync(count, cancellationToken);

    /// <summary>Waits until the simulator has completed all requests that have arrived so far.</summary>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>A task that completes then. The billed tokens of those requests are then final.</returns>
    public Task WaitForCompletionAsync(CancellationToken cancellationToken = default) =>
        Task.WhenAll(Requests.Select(request => request.Completion)).WaitAsync(cancellationToken);

    /// <summary>Stops the server immediately and closes the connections of waiting clients.</summary>
    /// <returns>A task that completes when the server has stopped.</returns>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        Running.TryRemove(KeyValuePair.Create(BaseUrl.Authority, this));
        await _stopping.CancelAsync();
        await _server.StopAsync(new CancellationToken(canceled: true));
        _server.Dispose();
        _refusing.Dispose();
        await _services.DisposeAsync();
        _stopping.Dispose();
    }

    /// <summary>Finds the simulator of this process that listens at an address; null if there is none.</summary>
    internal static ProviderSimulator? At(Uri? address) => address is { IsAbsoluteUri: true } && Running.TryGetValue(address.Authority, out ProviderSimulator? simulator) ? simulator : null;

    private async Task HandleAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        (SimulatedRequest request, SimulatedRoute route, SimulatedResponse? response) = Record(context.Request, body.ToArray());
        using var left = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, _stopping.Token);
        var sender = new ResponseSender(context.Response, request, route.Format, _options, _stored, _delaysBegun, left.Token);
        try
        {
            if (route.Bill is { } bill && response is null)
            {
                await sender.InformAsync(bill(new SimulatedBills(Requests, _options.Prices, request)));
            }
            else if (route.Inform is { } inform)
            {
                await sender.InformAsync(inform(Script(route.Provider!.Value), request.Json));
            }
            else if (route.Endpoint == SimulatedEndpoint.StoredAnswer && response is null)
            {
                await sender.SendStoredAsync();
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
            // After an error of the simulator itself, end the request, so that no test waits for it.
            request.End(SimulatedRequestState.Dropped);
        }
    }

    // Uses one lock, so that requests take their responses in the order of their arrival.
    private (SimulatedRequest Request, SimulatedRoute Route, SimulatedResponse? Response) Record(HttpRequest http, byte[] body)
    {
        var route = SimulatedRoute.Find(http.Method, http.Path.Value ?? "/");
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

    // Returns the errors that a provider sends in any case, whatever the script says.
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
            else if (route.Format.StoresAnswers && request.Json.String("previous_response_id") is { } previous && _stored.Find(previous) is null)
            {
                return SimulatedResponse.OfFault(new SimulatedFault(SimulatedFaultKind.UnknownPreviousResponse, Message: previous));
            }
            else if (route.Format.StoresAnswers && request.Json.Flag("background") == true && request.Json.Flag("store") == false)
            {
                kind = SimulatedFaultKind.BackgroundNotStored;
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
