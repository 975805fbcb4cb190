using System.Collections.Frozen;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;

namespace MeaiBudget;

/// <summary>Validates and copies a provider's options, and creates HTTP clients and a token counter from them. For factories of chat clients.</summary>
/// <remarks>Pass it to the constructor of <see cref="ProviderChatClient"/>, which disposes it. Thread-safe.</remarks>
public sealed class ProviderClientSetup : IDisposable
{
    private readonly HttpMessageHandler? _handler;
    private readonly long _maxAnswerBytes;
    private readonly IReadOnlyDictionary<string, string> _responseHeaders;
    private readonly bool _requiresBudget;
    private readonly ILoggerFactory? _loggerFactory;
    private readonly Lock _lock = new();
    private readonly List<IDisposable> _owned = [];

    /// <summary>Validates and copies options.</summary>
    /// <param name="options">The options. Later changes have no effect.</param>
    /// <param name="provider">The provider's name for exception messages.</param>
    /// <param name="exampleModelId">A model id for exception messages, for example <c>gpt-5-mini</c>.</param>
    /// <param name="defaultBaseUrl">The base URL if the options have none; <see langword="null"/> if the options must have one.</param>
    /// <param name="apiKeyName">The usual environment variable of the API key for exception messages; <see langword="null"/> if there is none.</param>
    /// <param name="requiresApiKey">True if the provider requires an API key.</param>
    /// <param name="maxForwardTags">The maximum number of tags in a request; zero or more.</param>
    /// <exception cref="ProviderConfigurationException">An option is missing or invalid. The message describes the fix and never contains a key.</exception>
    public ProviderClientSetup(
        ProviderClientOptions options,
        string provider,
        string exampleModelId,
        string? defaultBaseUrl = null,
        string? apiKeyName = null,
        bool requiresApiKey = false,
        int maxForwardTags = 0)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentException.ThrowIfNullOrWhiteSpace(provider);
        BaseUrl = options.RequireBaseUrl(provider, defaultBaseUrl);
        ApiKey = requiresApiKey || !string.IsNullOrEmpty(options.ApiKey) ? options.RequireApiKey(provider, apiKeyName) : null;
        ModelId = options.RequireModelId(provider, exampleModelId);
        Timeout = options.RequireTimeout(provider);
        options.RequireForwardTags(provider, maxForwardTags);
        ModelMap = options.ModelMap.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);
        ForwardTags = options.ForwardTags.ToFrozenSet(StringComparer.Ordinal);
        DefaultTemperature = options.DefaultTemperature;
        AcceptsTemperature = options.AcceptsTemperature ?? ModelTemperature.IsAccepted;
        _handler = options.HttpMessageHandler;
        _maxAnswerBytes = options.RequireMaxAnswerBytes(provider);
        _responseHeaders = options.RequireResponseHeaders(provider);
        _requiresBudget = options.RequireBudget;
        _loggerFactory = options.LoggerFactory;
    }

    /// <summary>Gets the base URL of the options, or else the provider's default.</summary>
    public Uri BaseUrl { get; }

    /// <summary>Gets the API key; <see langword="null"/> if the provider requires none and there is none. Do not log or store it.</summary>
    public string? ApiKey { get; }

    /// <summary>Gets the provider's model id for requests that name no model.</summary>
    public string ModelId { get; }

    /// <summary>Gets the timeout of one request.</summary>
    public TimeSpan Timeout { get; }

    internal FrozenDictionary<string, string> ModelMap { get; }

    internal FrozenSet<string> ForwardTags { get; }

    internal float? DefaultTemperature { get; }

    internal Func<string, bool> AcceptsTemperature { get; }

    /// <summary>True if an HTTP client was created here, so that the requests pass a <see cref="ChatWireHandler"/>.</summary>
    internal bool SeesWire { get; private set; }

    /// <summary>
    /// Creates the HTTP client for the provider's SDK, with a <see cref="ChatWireHandler"/>. Disposing has no effect on it, so that the pipeline of a
    /// scope can be disposed while others use the same chat client.
    /// </summary>
    /// <param name="timeout">
    /// The timeout of the HTTP client; <see langword="null"/> for <see cref="Timeout"/>. If the SDK has its own timeout, set <see cref="Timeout"/>
    /// there and pass <see cref="System.Threading.Timeout.InfiniteTimeSpan"/>.
    /// </param>
    /// <returns>The HTTP client.</returns>
    public HttpClient CreateHttpClient(TimeSpan? timeout = null)
    {
        SeesWire = true;
        HttpMessageHandler chain = _handler ?? SharedHttpHandler.Instance;
        bool isAdded = !InnermostHandler.IsIn(chain);
        return new LastingHttpClient(InnermostHandler.Around(chain, Configure)) { Timeout = timeout ?? Timeout };

        void Configure(ChatWireHandler handler)
        {
            // A handler that the application added keeps its own options, but a budget that is required here is required.
            handler.RequireBudget |= _requiresBudget;
            handler.LoggerFactory ??= _loggerFactory;
            if (isAdded)
            {
                handler.MaxAnswerBytes = _maxAnswerBytes;
                handler.ResponseHeaders = _responseHeaders;
                handler.HandsOutBodies = timeout == System.Threading.Timeout.InfiniteTimeSpan && chain is not DelegatingHandler;
            }
        }
    }

    /// <summary>Creates a counter that sends the chat requests that the SDK writes to the provider's counting endpoint. It is disposed with this object.</summary>
    /// <remarks>The counter takes the chat request that the SDK wrote, replaces its path and removes the fields that the endpoint does not accept.</remarks>
    /// <param name="chatPath">The end of the chat endpoint's path, for example <c>/v1/messages</c>.</param>
    /// <param name="countPath">The replacement of <paramref name="chatPath"/> for counting, for example <c>/v1/messages/count_tokens</c>.</param>
    /// <param name="bodyFields">The fields of a chat request that the counting endpoint accepts; all others are removed.</param>
    /// <param name="countField">The field of the response that contains the count, for example <c>input_tokens</c>.</param>
    /// <param name="createClient">Creates the SDK's chat client with an HTTP client, and disables its retries. The chat client is disposed with this object.</param>
    /// <param name="classifier">The classifier of the SDK's exceptions.</param>
    /// <returns>The counter. It throws if the endpoint fails; a token estimator then uses its own estimate.</returns>
    public IChatTokenCounter CreateTokenCounter(
        string chatPath, string countPath, IReadOnlySet<string> bodyFields, string countField, Func<HttpClient, IChatClient> createClient, IChatFailureClassifier classifier)
    {
        ArgumentNullException.ThrowIfNull(chatPath);
        ArgumentNullException.ThrowIfNull(countPath);
        ArgumentNullException.ThrowIfNull(bodyFields);
        ArgumentNullException.ThrowIfNull(countField);
        ArgumentNullException.ThrowIfNull(createClient);
        ArgumentNullException.ThrowIfNull(classifier);
        var endpoint = new TokenCountEndpoint { ChatPath = chatPath, CountPath = countPath, BodyFields = bodyFields, CountField = countField };
        HttpClient http = new LastingHttpClient(new TokenCountHandler(endpoint, _handler ?? SharedHttpHandler.Instance)) { Timeout = Timeout };
        return Own(new EndpointTokenCounter(new ProviderChatClient(createClient(http), this, owned: null), classifier));
    }

    /// <summary>Disposes the counters. A second call does nothing.</summary>
    public void Dispose()
    {
        IDisposable[] owned;
        lock (_lock)
        {
            owned = [.. _owned];
            _owned.Clear();
        }

        foreach (IDisposable one in owned)
        {
            one.Dispose();
        }
    }

    private T Own<T>(T made)
        where T : IDisposable
    {
        lock (_lock)
        {
            _owned.Add(made);
        }

        return made;
    }
}
