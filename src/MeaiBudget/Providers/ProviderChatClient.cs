using System.Collections.Frozen;
using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>A provider's chat client with what this library knows of the provider: its failures, its usage, its model names, its default temperature.</summary>
/// <remarks>
/// <para>Our factories return it, and <c>WithOpenAIProvider()</c> and the like put it around a client that the app made.</para>
/// <para>Changes nothing of the caller's: where a setting is filled in, it is filled into a clone of the options. Thread-safe.</para>
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

    /// <summary>Makes a client around one that the app made; it only adds services.</summary>
    /// <param name="innerClient">The provider's client.</param>
    /// <param name="services">What <see cref="GetService"/> serves, first match first: an <see cref="IChatFailureClassifier"/>, an <see cref="IUsageNormalizer"/> and so on.</param>
    public ProviderChatClient(IChatClient innerClient, params object[] services)
        : this(innerClient, null, null, null, services)
    {
    }

    /// <summary>Makes a factory's client.</summary>
    /// <param name="innerClient">The provider's client, with a <see cref="WireObservationHandler"/> in it.</param>
    /// <param name="options">The factory's options; copied.</param>
    /// <param name="defaultModelId">The provider's id of the model that is asked where a request names none.</param>
    /// <param name="owned">What is disposed with the client.</param>
    /// <param name="services">What <see cref="GetService"/> serves.</param>
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

    /// <summary>Gets the logical names and the provider's ids that they stand for.</summary>
    internal IReadOnlyDictionary<string, string> ModelMap => _modelMap;

    /// <summary>Gives the provider's id of a model.</summary>
    /// <param name="modelId">A logical name of the model map, a provider's id, or <see langword="null"/> for the default.</param>
    /// <returns>The provider's id; <see langword="null"/> if none was given and there is no default.</returns>
    public string? ResolveModelId(string? modelId) =>
        modelId is null ? _defaultModelId ?? InnerClient.GetService<ChatClientMetadata>()?.DefaultModelId : _modelMap.GetValueOrDefault(modelId, modelId);

    /// <summary>
    /// Gets the output bound that the provider's SDK sends where a request has none; <see langword="null"/> if it sends none. A
    /// client that the app made may have been given another, so whoever reserves this bound sends it too.
    /// </summary>
    internal virtual long? DefaultOutputTokens => null;

    /// <summary>Gets a value indicating whether every request of the client passes a <see cref="ChatWireHandler"/>.</summary>
    internal bool SeesWire => _isObserved;

    /// <summary>Gets how often the SDK retries by itself; <see langword="null"/> where that cannot be seen.</summary>
    internal virtual int? SdkRetries => null;

    /// <summary>Gets the context window that the client asks its server for; <see langword="null"/> where it asks for none.</summary>
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

    /// <summary>Fills into a clone of the options what the caller left open; returns the same options where there is nothing to fill in.</summary>
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

    /// <summary>Writes tags that the provider may see into its own request.</summary>
    /// <param name="tags">Name and value of each; at least one.</param>
    /// <param name="prepared">A clone of the caller's options.</param>
    private protected virtual void Forward(IReadOnlyDictionary<string, string> tags, ChatOptions prepared)
    {
    }

    /// <summary>Says whether a request that set no temperature may get the default one.</summary>
    /// <param name="options">The caller's options.</param>
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
