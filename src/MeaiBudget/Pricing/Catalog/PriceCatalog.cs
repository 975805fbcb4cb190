using System.Collections.Concurrent;

namespace MeaiBudget;

/// <summary>Prices by model id. Immutable and thread-safe.</summary>
/// <remarks>Looking up an id that was looked up before takes no allocation; a new catalog remembers nothing of an old one.</remarks>
public sealed class PriceCatalog
{
    // Ids come from requests and answers: a flood of invented ones must not grow the memory.
    private const int LargestMemory = 4096;

    private readonly ConcurrentDictionary<Query, ResolvedModel> _memory = new();
    private readonly TimeProvider _timeProvider;
    private readonly ModelIndex _index;

    private PriceCatalog(IReadOnlyList<PricedModel> models, PriceCatalogInfo info, TimeProvider timeProvider)
    {
        Models = models;
        Info = info;
        _timeProvider = timeProvider;
        _index = new ModelIndex(models);
    }

    /// <summary>Gets a catalog without any price.</summary>
    public static PriceCatalog Empty { get; } = Create([], new PriceCatalogInfo());

    /// <summary>Gets the reviewed catalog that this package carries.</summary>
    public static PriceCatalog Default => DefaultHolder.Catalog;

    /// <summary>Gets every model, the application's own prices last.</summary>
    internal IReadOnlyList<PricedModel> Models { get; }

    /// <summary>Gets what the catalog says of itself: version, day, sources, disagreements.</summary>
    internal PriceCatalogInfo Info { get; }

    /// <summary>Reads a price file: our own format, LiteLLM's <c>model_prices_and_context_window.json</c> or genai-prices' <c>data.json</c>.</summary>
    /// <param name="path">The file.</param>
    /// <returns>The catalog.</returns>
    /// <exception cref="PriceCatalogException">The file cannot be read or is refused, with line and reason. It is refused whole: there is no half catalog.</exception>
    public static PriceCatalog Load(string path)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        try
        {
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 1, FileOptions.SequentialScan);
            return Load(stream, path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or NotSupportedException or ArgumentException)
        {
            throw new PriceCatalogException(path, null, exception.Message, exception);
        }
    }

    /// <summary>Reads a price file: our own format, LiteLLM's <c>model_prices_and_context_window.json</c> or genai-prices' <c>data.json</c>.</summary>
    /// <param name="stream">The file's bytes, UTF-8; read forwards to the end in pieces, not disposed.</param>
    /// <param name="name">The file's name, for messages.</param>
    /// <param name="progress">Told how many bytes were read; <see langword="null"/> for nobody.</param>
    /// <returns>The catalog.</returns>
    /// <exception cref="PriceCatalogException">The file is refused, with line and reason. It is refused whole: there is no half catalog.</exception>
    public static PriceCatalog Load(Stream stream, string name = "price file", IProgress<long>? progress = null)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(name);
        return PriceFileReader.Read(stream, name, progress);
    }

    /// <summary>Writes the catalog in our own format, which <see cref="Load(string)"/> reads.</summary>
    /// <param name="stream">Where to; not disposed.</param>
    public void Save(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        PriceFileWriter.Write(this, stream);
    }

    /// <summary>Makes a catalog in which the application's own price for a model wins.</summary>
    /// <param name="modelId">The model's id, as requested or as a logical name.</param>
    /// <param name="price">The price.</param>
    /// <param name="limits">The model's limits in tokens; <see langword="null"/> keeps those that are known.</param>
    /// <returns>The new catalog.</returns>
    public PriceCatalog With(string modelId, ModelPrice price, ModelLimits? limits = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(modelId);
        ArgumentNullException.ThrowIfNull(price);
        return With(new PricedModel { ModelId = modelId, Periods = [new PricePeriod(price)], Limits = limits });
    }

    /// <summary>Makes a catalog in which the application's own prices for a model win: with a provider, regions, beginnings.</summary>
    /// <param name="model">The model. Its periods replace whatever was known, future periods too. Limits that it does not state are kept.</param>
    /// <returns>The new catalog.</returns>
    internal PriceCatalog With(PricedModel model)
    {
        ArgumentNullException.ThrowIfNull(model);
        return Create([.. Models, model with { IsOverride = true }], Info, _timeProvider);
    }

    /// <summary>Makes a catalog in which another one, of negotiated prices for example, lies over this one and wins.</summary>
    /// <param name="overlay">The other catalog.</param>
    /// <returns>The new catalog.</returns>
    public PriceCatalog With(PriceCatalog overlay)
    {
        ArgumentNullException.ThrowIfNull(overlay);
        return Create([.. Models, .. overlay.Models.Select(model => model with { IsOverride = true })], Info, _timeProvider);
    }

    /// <summary>Makes a catalog that takes the time, by which dated prices begin, from a clock.</summary>
    /// <param name="timeProvider">The clock.</param>
    /// <returns>The new catalog.</returns>
    public PriceCatalog WithTimeProvider(TimeProvider timeProvider)
    {
        ArgumentNullException.ThrowIfNull(timeProvider);
        return Create(Models, Info, timeProvider);
    }

    /// <summary>Finds the price of a model.</summary>
    /// <param name="modelId">The model's id.</param>
    /// <param name="provider">The provider's name where it is known, for example <c>openai</c>.</param>
    /// <param name="at">The time of the call; <see langword="null"/> for now.</param>
    /// <param name="region">The region of the call where it is known and not part of the id, for example <c>eu</c>.</param>
    /// <returns>The resolution; its match is <see cref="PriceMatch.Unknown"/> if there is no price.</returns>
    public PriceResolution Resolve(string modelId, string? provider = null, DateTimeOffset? at = null, string? region = null)
    {
        ArgumentNullException.ThrowIfNull(modelId);
        var query = new Query(modelId, provider, region);
        if (!_memory.TryGetValue(query, out ResolvedModel? resolved))
        {
            resolved = Remember(query);
        }

        return resolved.At(at, _timeProvider);
    }

    /// <summary>Finds the price of a route: as <see cref="Resolve"/>, and free where the address shows a local Ollama model.</summary>
    /// <param name="modelId">The model's id.</param>
    /// <param name="provider">The provider's name.</param>
    /// <param name="endpoint">The provider's address.</param>
    /// <param name="at">The time of the call; <see langword="null"/> for now.</param>
    /// <returns>The resolution.</returns>
    public PriceResolution ResolveRoute(string modelId, string? provider, Uri? endpoint, DateTimeOffset? at = null)
    {
        PriceResolution resolution = Resolve(modelId, provider, at);
        return resolution.Match != PriceMatch.Override && LocalModel.IsKnownFree(provider, endpoint, modelId)
            ? new PriceResolution(PriceMatch.Free, modelId, ModelPrice.Free, resolution.Limits) { Provider = ProviderNames.Canonical(provider) }
            : resolution;
    }

    /// <summary>Finds the price at which an answer is settled: an application's own price of what was asked for wins, else the model that answered is priced.</summary>
    /// <param name="requestedModelId">The id asked for.</param>
    /// <param name="responseModelId">The id that the provider says answered; <see langword="null"/> for the one asked for.</param>
    /// <param name="provider">The provider's name.</param>
    /// <param name="at">The time of the call; <see langword="null"/> for now.</param>
    /// <returns>The resolution: of the answer where it is known, else of the request.</returns>
    public PriceResolution ResolveResponse(string requestedModelId, string? responseModelId, string? provider = null, DateTimeOffset? at = null)
    {
        PriceResolution requested = Resolve(requestedModelId, provider, at);
        if (responseModelId is null || requested.Match is PriceMatch.Override or PriceMatch.Free || string.Equals(requestedModelId, responseModelId, StringComparison.OrdinalIgnoreCase))
        {
            return requested;
        }

        PriceResolution response = Resolve(responseModelId, provider, at);
        return response.IsKnown || !requested.IsKnown && response.Match > requested.Match ? response : requested;
    }

    /// <summary>Resolves an id and tells every step.</summary>
    /// <param name="modelId">The model's id.</param>
    /// <param name="provider">The provider's name where it is known.</param>
    /// <param name="at">The time of the call; <see langword="null"/> for now.</param>
    /// <param name="region">The region of the call where it is known and not part of the id.</param>
    /// <returns>The steps, one sentence each, and the resolution.</returns>
    public (IReadOnlyList<string> Steps, PriceResolution Resolution) Explain(string modelId, string? provider = null, DateTimeOffset? at = null, string? region = null)
    {
        ArgumentNullException.ThrowIfNull(modelId);
        List<string> steps = [];
        PriceResolution resolution = ModelIdResolver.Resolve(_index, modelId, provider, region, steps).At(at, _timeProvider);
        return (steps, resolution);
    }

    internal static PriceCatalog Create(IReadOnlyList<PricedModel> models, PriceCatalogInfo info, TimeProvider? timeProvider = null) =>
        new(models, info, timeProvider ?? TimeProvider.System);

    private ResolvedModel Remember(in Query query)
    {
        ResolvedModel resolved = ModelIdResolver.Resolve(_index, query.ModelId, query.Provider, query.Region, null);
        if (_memory.Count >= LargestMemory)
        {
            _memory.Clear();
        }

        return _memory.GetOrAdd(query, resolved);
    }

    private readonly record struct Query(string ModelId, string? Provider, string? Region)
    {
        public bool Equals(Query other) =>
            string.Equals(ModelId, other.ModelId) && string.Equals(Provider, other.Provider) && string.Equals(Region, other.Region);

        // The id tells nearly all ids apart; hashing the rest as well would cost more than it saves.
        public override int GetHashCode() => ModelId.GetHashCode(StringComparison.Ordinal);
    }

    private static class DefaultHolder
    {
        internal static readonly PriceCatalog Catalog = Read();

        private static PriceCatalog Read()
        {
            const string Name = "MeaiBudget.price-catalog.json";
            using Stream stream = typeof(PriceCatalog).Assembly.GetManifestResourceStream(Name)
                ?? throw new PriceCatalogException(Name, null, "The package's own price file is missing from the assembly.", null);
            return Load(stream, Name);
        }
    }
}
