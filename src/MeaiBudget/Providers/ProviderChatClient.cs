using System.Collections.Frozen;
using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>A provider's chat client with services for this library: failure classification, usage, model names and a default temperature.</summary>
/// <remarks>
/// <para>
/// The factories of the provider packages return it. <c>WithOpenAIProvider()</c> and similar methods wrap a client that the application
/// created. Derive from it to write a provider. If it wraps another <see cref="ProviderChatClient"/>, members that it does not set return
/// the values of the inner one.
/// </para>
/// <para>The caller's options are not changed: missing settings are added to a clone. Thread-safe; derived types must be, too.</para>
/// </remarks>
public class ProviderChatClient : DelegatingChatClient
{
    private readonly object[] _services;
    private readonly ProviderClientSetup? _setup;
    private readonly IDisposable? _owned;
    private readonly ProviderChatClient? _inner;

    /// <summary>Wraps a client that the application created, or another provider's client. Requests are not changed; only services are added.</summary>
    /// <param name="innerClient">The client.</param>
    /// <param name="services">
    /// The objects that <see cref="GetService"/> returns, first match first: for example an <see cref="IChatFailureClassifier"/>, an
    /// <see cref="IUsageNormalizer"/>, an <see cref="IChatTokenCounter"/>, a <see cref="ChatApi"/> or a <see cref="ChatClientMetadata"/>. Add the
    /// client's <see cref="HttpClient"/> if it has a <see cref="ChatWireHandler"/>, so that raw requests can be read before they are sent.
    /// </param>
    public ProviderChatClient(IChatClient innerClient, params object[] services)
        : this(innerClient, null, null, services)
    {
    }

    /// <summary>Creates the client of a factory. It applies the factory's options to requests.</summary>
    /// <param name="innerClient">The SDK's client, which uses an HTTP client of the setup.</param>
    /// <param name="setup">The options; disposed with the client.</param>
    /// <param name="services">The objects that <see cref="GetService"/> returns, first match first, as in the other constructor.</param>
    public ProviderChatClient(IChatClient innerClient, ProviderClientSetup setup, params object[] services)
        : this(innerClient, setup ?? throw new ArgumentNullException(nameof(setup)), setup, services)
    {
    }

    internal ProviderChatClient(IChatClient innerClient, ProviderClientSetup? setup, IDisposable? owned, object[]? services = null)
        : base(innerClient)
    {
        _services = [.. services ?? []];
        _setup = setup;
        _owned = owned;
        _inner = innerClient.GetService<ProviderChatClient>();
    }

    /// <summary>The provider's model ids by logical name.</summary>
    internal IReadOnlyDictionary<string, string> ModelMap => _setup?.ModelMap ?? _inner?.ModelMap ?? FrozenDictionary<string, string>.Empty;

    /// <summary>Returns the provider's model id for a model name.</summary>
    /// <param name="modelId">A key of the model map, a provider's id, or <see langword="null"/> for the default model.</param>
    /// <returns>The provider's model id; <see langword="null"/> if none was given and there is no default.</returns>
    public string? ResolveModelId(string? modelId) =>
        modelId is not null && _setup is not null ? _setup.ModelMap.GetValueOrDefault(modelId, modelId)
        : _setup?.ModelId ?? (_inner is not null ? _inner.ResolveModelId(modelId) : modelId ?? InnerClient.GetService<ChatClientMetadata>()?.DefaultModelId);

    /// <summary>
    /// Returns the model behind a deployment, whose prices, tokenizer and limits apply. Requests still name the deployment.
    /// </summary>
    /// <param name="modelId">The id that requests name: of a deployment or a model.</param>
    /// <returns>The model's id; <paramref name="modelId"/> itself if it is no deployment that is known.</returns>
    protected internal virtual string? KnownModelOf(string? modelId) => _inner is not null ? _inner.KnownModelOf(modelId) : modelId;

    /// <summary>
    /// Gets the maximum of output tokens that the SDK sends if a request has none; <see langword="null"/> if it sends none. A client that the
    /// application created may have another default, so a budget that reserves this number also sends it.
    /// </summary>
    protected internal virtual long? DefaultOutputTokens => _inner?.DefaultOutputTokens;

    /// <summary>
    /// Returns the tokens that the SDK lets the model think for at an effort. They are part of the output: the SDK adds them to
    /// <see cref="DefaultOutputTokens"/>, and a budget does not lower the maximum below them.
    /// </summary>
    /// <param name="effort">The effort in <see cref="ChatOptions.Reasoning"/>; <see langword="null"/> if the request states none.</param>
    /// <returns>The tokens; <see langword="null"/> if the SDK sets no limit, or the model does not think.</returns>
    protected internal virtual long? ThinkingTokens(ReasoningEffort? effort) => _inner?.ThinkingTokens(effort);

    /// <summary>
    /// Gets a value indicating whether every request of the client is certain to pass a <see cref="ChatWireHandler"/>. If so, the handler reads a
    /// raw request and stops it before it is admitted. If the value is wrong, that request is sent without a reservation.
    /// </summary>
    /// <value>True if the setup created the SDK's HTTP client, or if the HTTP client is among the services and has the handler.</value>
    protected internal virtual bool SeesWire =>
        _setup is { SeesWire: true } || _inner is { SeesWire: true } || Array.Exists(_services, static service => service is HttpMessageInvoker http && ChatWireHandler.IsIn(http));

    /// <summary>Gets the number of retries that the SDK makes itself; <see langword="null"/> if it is unknown.</summary>
    protected internal virtual int? SdkRetries => _inner?.SdkRetries;

    /// <summary>Gets the context window, in tokens, that the client requests from its server; <see langword="null"/> if it requests none.</summary>
    protected internal virtual long? ContextWindow => _inner?.ContextWindow;

    /// <inheritdoc/>
    public override object? GetService(Type serviceType, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        if (serviceKey is null)
        {
            foreach (object service in _services)
            {
                if (serviceType.IsInstanceOfType(service))
                {
                    return service;
                }
            }
        }

        return base.GetService(serviceType, serviceKey);
    }

    /// <inheritdoc/>
    public override Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(messages);
        return base.GetResponseAsync(messages, Prepare(options), cancellationToken);
    }

    /// <inheritdoc/>
    public override IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(messages);
        return base.GetStreamingResponseAsync(messages, Prepare(options), cancellationToken);
    }

    /// <summary>Adds the mapped model, the default temperature and the forwarded tags to a clone of the options.</summary>
    /// <param name="options">The caller's options, which are not changed.</param>
    /// <returns>The options to send: the clone, or the caller's options if nothing is missing.</returns>
    protected virtual ChatOptions? Prepare(ChatOptions? options)
    {
        if (_setup is not { } setup)
        {
            return options;
        }

        string? modelId = ResolveModelId(options?.ModelId);
        string? mapped = options?.ModelId is { } asked && !string.Equals(asked, modelId, StringComparison.Ordinal) ? modelId : null;
        float? temperature = setup.DefaultTemperature is { } value && options?.Temperature is null && options?.Reasoning?.Effort is null or ReasoningEffort.None
            && (modelId is null || AcceptsTemperature(modelId)) && TakesDefaultTemperature(options) ? value : null;
        Dictionary<string, string>? tags = ForwardedTags(setup, options);
        if (mapped is null && temperature is null && tags is null)
        {
            return options;
        }

        ChatOptions prepared = options?.Clone() ?? new ChatOptions();
        prepared.ModelId = mapped ?? prepared.ModelId;
        prepared.Temperature ??= temperature;
        if (tags is not null)
        {
            Forward(tags, prepared);
        }

        return prepared;
    }

    /// <summary>Adds tags that may be sent to the provider to its native request. The base method does nothing.</summary>
    /// <param name="tags">The values by name; at least one.</param>
    /// <param name="prepared">A clone of the caller's options, to be changed.</param>
    protected virtual void Forward(IReadOnlyDictionary<string, string> tags, ChatOptions prepared)
    {
    }

    /// <summary>Returns whether a request without a temperature may get the default one.</summary>
    /// <param name="options">The caller's options.</param>
    /// <returns>True if it may. The base method always returns true.</returns>
    protected virtual bool TakesDefaultTemperature(ChatOptions? options) => true;

    /// <summary>Returns whether a model accepts a temperature, by <see cref="ProviderClientOptions.AcceptsTemperature"/>.</summary>
    /// <param name="modelId">The provider's model id.</param>
    /// <returns>True if the model accepts a temperature or is unknown.</returns>
    protected bool AcceptsTemperature(string modelId) => (_setup?.AcceptsTemperature ?? ModelTemperature.IsAccepted)(KnownModelOf(modelId) ?? modelId);

    /// <summary>
    /// Ends the reads of answers when a token is cancelled, for SDKs that read a stream without a token. Call it in the asynchronous method that
    /// reads the stream, before the first read. Below a layer of this library it does nothing, because the attempt already has a token.
    /// </summary>
    /// <param name="cancellationToken">The caller's token.</param>
    protected static void CancelReadsWith(CancellationToken cancellationToken) => ChatWireHandler.ReadToken = cancellationToken;

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        if (disposing)
        {
            _owned?.Dispose();
        }
    }

    private static Dictionary<string, string>? ForwardedTags(ProviderClientSetup setup, ChatOptions? options)
    {
        if (setup.ForwardTags.Count == 0 || CallTags.Of(options) is not { } tags)
        {
            return null;
        }

        var forwarded = tags.Where(tag => setup.ForwardTags.Contains(tag.Key)).ToDictionary(StringComparer.Ordinal);
        return forwarded.Count == 0 ? null : forwarded;
    }
}
