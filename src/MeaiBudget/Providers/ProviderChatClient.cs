using System.Collections.Frozen;
using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>A provider's chat client with services for this library: failure classification, usage, model names and a default temperature.</summary>
/// <remarks>
/// <para>The factories of the provider packages return it. <c>WithOpenAIProvider()</c> and similar methods wrap a client that the application created.</para>
/// <para>The caller's options are not changed: missing settings are added to a clone. Thread-safe.</para>
/// </remarks>
public class ProviderChatClient : DelegatingChatClient
{
    private readonly object[] _services;
    private readonly FrozenDictionary<string, string> _modelMap;
    private readonly string? _defaultModelId;
    private readonly float? _defaultTemperature;
    private readonly Func<string, bool> _acceptsTemperature;
    private readonly FrozenSet<string> _forwardTags;
    private readonly IDisposable? _owned;
    private readonly bool _isObserved;

    /// <summary>Wraps a client that the application created. Requests are not changed; only services are added.</summary>
    /// <param name="innerClient">The provider's client.</param>
    /// <param name="services">The objects that <see cref="GetService"/> returns, first match first, for example an <see cref="IChatFailureClassifier"/> or an <see cref="IUsageNormalizer"/>.</param>
    public ProviderChatClient(IChatClient innerClient, params object[] services)
        : this(innerClient, null, null, null, services)
    {
    }

    /// <summary>Creates the client of a factory. The inner client's HTTP pipeline must contain a <see cref="WireObservationHandler"/>.</summary>
    internal ProviderChatClient(IChatClient innerClient, ProviderClientOptions? options, string? defaultModelId, IDisposable? owned, params object[] services)
        : base(innerClient)
    {
        ArgumentNullException.ThrowIfNull(services);
        _services = [.. services];
        _modelMap = options?.ModelMap.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase) ?? FrozenDictionary<string, string>.Empty;
        _defaultModelId = defaultModelId;
        _defaultTemperature = options?.DefaultTemperature;
        _acceptsTemperature = options?.AcceptsTemperature ?? ModelTemperature.IsAccepted;
        _forwardTags = options?.ForwardTags.ToFrozenSet(StringComparer.Ordinal) ?? FrozenSet<string>.Empty;
        _owned = owned;
        _isObserved = options is not null;
    }

    /// <summary>The provider's model ids by logical name.</summary>
    internal IReadOnlyDictionary<string, string> ModelMap => _modelMap;

    /// <summary>Returns the provider's model id for a model name.</summary>
    /// <param name="modelId">A key of the model map, a provider's id, or <see langword="null"/> for the default model.</param>
    /// <returns>The provider's model id; <see langword="null"/> if none was given and there is no default.</returns>
    public string? ResolveModelId(string? modelId) =>
        modelId is null ? _defaultModelId ?? InnerClient.GetService<ChatClientMetadata>()?.DefaultModelId : _modelMap.GetValueOrDefault(modelId, modelId);

    /// <summary>
    /// The maximum of output tokens that the SDK sends if a request has none; null if it sends none. A client that the application
    /// created may have another default, so a caller that reserves this number must also send it.
    /// </summary>
    internal virtual long? DefaultOutputTokens => null;

    /// <summary>True if every request of the client passes a <see cref="ChatWireHandler"/>.</summary>
    internal bool SeesWire => _isObserved;

    /// <summary>The number of retries that the SDK makes itself; null if it is unknown.</summary>
    internal virtual int? SdkRetries => null;

    /// <summary>The context window, in tokens, that the client requests from its server; null if it requests none.</summary>
    internal virtual long? ContextWindow => null;

    /// <inheritdoc/>
    public override object? GetService(Type serviceType, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        if (serviceKey is null)
        {
            foreach (var service in _services)
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
        MarkObserved();
        return base.GetResponseAsync(messages, Prepare(options), cancellationToken);
    }

    /// <inheritdoc/>
    public override IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(messages);
        MarkObserved();
        return base.GetStreamingResponseAsync(messages, Prepare(options), cancellationToken);
    }

    /// <summary>Adds missing settings to a clone of the options. Returns the same object if nothing is missing.</summary>
    private protected virtual ChatOptions? Prepare(ChatOptions? options)
    {
        var modelId = ResolveModelId(options?.ModelId);
        var mapped = options?.ModelId is { } asked && !string.Equals(asked, modelId, StringComparison.Ordinal) ? modelId : null;
        var temperature = _defaultTemperature is { } value && options?.Temperature is null && options?.Reasoning?.Effort is null or ReasoningEffort.None
            && (modelId is null || _acceptsTemperature(modelId)) && TakesDefaultTemperature(options) ? value : (float?)null;
        var tags = ForwardedTags(options);
        if (mapped is null && temperature is null && tags is null)
        {
            return options;
        }

        var prepared = options?.Clone() ?? new ChatOptions();
        prepared.ModelId = mapped ?? prepared.ModelId;
        prepared.Temperature ??= temperature;
        if (tags is not null)
        {
            Forward(tags, prepared);
        }

        return prepared;
    }

    /// <summary>Adds tags that may be sent to the provider to its native request. There is at least one tag.</summary>
    private protected virtual void Forward(IReadOnlyDictionary<string, string> tags, ChatOptions prepared)
    {
    }

    /// <summary>True if a request without a temperature may get the default one.</summary>
    private protected virtual bool TakesDefaultTemperature(ChatOptions? options) => true;

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        if (disposing)
        {
            _owned?.Dispose();
        }
    }

    private Dictionary<string, string>? ForwardedTags(ChatOptions? options)
    {
        if (_forwardTags.Count == 0 || CallTags.Of(options) is not { } tags)
        {
            return null;
        }

        var forwarded = tags.Where(tag => _forwardTags.Contains(tag.Key)).ToDictionary(StringComparer.Ordinal);
        return forwarded.Count == 0 ? null : forwarded;
    }

    private void MarkObserved()
    {
        if (_isObserved)
        {
            WireObservation.Current?.MarkObserved();
        }
    }
}
