using System.Collections.Concurrent;

namespace MeaiBudget;

/// <summary>Prices by model id. Immutable and thread-safe.</summary>
/// <remarks>Repeated look-ups of an id do not allocate. A new catalog starts with an empty look-up cache.</remarks>
/// <example>
/// <code>
/// PriceResolution found = PriceCatalog.Default.Resolve("gpt-4.1-mini");
/// Cost cost = found.CostOf(new BillableUsage { InputTokens = 1_200, OutputTokens = 300 });
/// Console.WriteLine($"{found.Match}: {cost.Amount} USD");
///
/// PriceCatalog own = PriceCatalog.Default.With("my-model", ModelPrice.PerMillionTokens(input: 0.50m, output: 1.50m));
/// </code>
/// </example>
public sealed class PriceCatalog
{
    // Ids come from requests and answers. A flood of invented ids must not use up the memory.
    private const int LargestMemory = 4096;

    // One id is asked for with few providers and regions, so those are in a short list behind it.
    private const int LargestList = 16;

    // Its size is counted here, because the dictionary's own count takes all its locks, and at first some milliseconds.
    private readonly ConcurrentDictionary<string, Remembered> _memory = new();
    private int _remembered;
    private readonly TimeProvider _timeProvider;
    private readonly ModelIndex _index;

    private readonly Lazy<PriceCatalogInfo> _info;

    private PriceCatalog(ModelIndex index, Lazy<PriceCatalogInfo> info, TimeProvider timeProvider)
    {
        _index = index;
        _info = info;
        _timeProvider = timeProvider;
    }

    /// <summary>Gets a catalog without prices.</summary>
    public static PriceCatalog Empty => EmptyHolder.Catalog;

    /// <summary>Gets the reviewed catalog that is part of this package.</summary>
    public static PriceCatalog Default => DefaultHolder.Catalog;

    /// <summary>Gets all models, the application's own prices last.</summary>
    internal IReadOnlyList<PricedModel> Models => _index.Models;

    /// <summary>Gets information about the catalog: version, date, sources, disagreements.</summary>
    internal PriceCatalogInfo Info => _info.Value;

    /// <summary>Reads a price file: this library's format, LiteLLM's <c>model_prices_and_context_window.json</c> or genai-prices' <c>data.json</c>.</summary>
    /// <param name="path">The path of the file.</param>
    /// <returns>The catalog.</returns>
    /// <exception cref="PriceCatalogException">The file cannot be read or is invalid. The exception has line and reason, and no part of the file is used.</exception>
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
            string reason = exception is FileNotFoundException or DirectoryNotFoundException ? $"The file does not exist. The full path is '{Path.GetFullPath(path)}'."
                : Directory.Exists(path) ? "It is a folder. Name a file."
                : exception.Message;
            throw new PriceCatalogException(path, null, reason, exception);
        }
    }

    /// <summary>Reads a price file: this library's format, LiteLLM's <c>model_prices_and_context_window.json</c> or genai-prices' <c>data.json</c>.</summary>
    /// <param name="stream">The content of the file, UTF-8. It is read in pieces up to its end and not disposed.</param>
    /// <param name="name">The file's name, for messages.</param>
    /// <param name="progress">Receives the number of bytes read so far; <see langword="null"/> for none.</param>
    /// <returns>The catalog.</returns>
    /// <exception cref="PriceCatalogException">The file is invalid. The exception has line and reason, and no part of the file is used.</exception>
    public static PriceCatalog Load(Stream stream, string name = "price file", IProgress<long>? progress = null)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(name);
        return PriceFileReader.Read(stream, name, progress);
    }

    /// <summary>Writes the catalog in this library's format, which <see cref="Load(string)"/> reads.</summary>
    /// <param name="stream">The stream to write to; not disposed.</param>
    public void Save(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        PriceFileWriter.Write(this, stream);
    }

    /// <summary>Returns a catalog with the application's own price of a model, which takes precedence over other prices of the model.</summary>
    /// <param name="modelId">The model's id, as requested or a logical name.</param>
    /// <param name="price">The price.</param>
    /// <param name="limits">The model's limits in tokens; <see langword="null"/> keeps those that are known.</param>
    /// <returns>The new catalog.</returns>
    public PriceCatalog With(string modelId, ModelPrice price, ModelLimits? limits = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(modelId);
        ArgumentNullException.ThrowIfNull(price);
        return With(new PricedModel { ModelId = modelId, Periods = [new PricePeriod(price)], Limits = limits });
    }

    /// <summary>Returns a catalog with the application's own prices of a model, which take precedence. They may have a provider, regions and start dates.</summary>
    /// <param name="model">The model. Its periods replace all known periods, including future ones. Limits that it does not state are kept.</param>
    /// <returns>The new catalog.</returns>
    internal PriceCatalog With(PricedModel model)
    {
        ArgumentNullException.ThrowIfNull(model);
        return Overlaid([model with { IsOverride = true }]);
    }

    /// <summary>Returns a catalog in which the prices of another one, for example negotiated prices, take precedence.</summary>
    /// <param name="overlay">The other catalog.</param>
    /// <returns>The new catalog.</returns>
    public PriceCatalog With(PriceCatalog overlay)
    {
        ArgumentNullException.ThrowIfNull(overlay);
        return Overlaid([.. overlay.Models.Select(model => model with { IsOverride = true })]);
    }

    /// <summary>Returns a catalog that uses a clock to choose between dated prices.</summary>
    /// <param name="timeProvider">The clock.</param>
    /// <returns>The new catalog.</returns>
    public PriceCatalog WithTimeProvider(TimeProvider timeProvider)
    {
        ArgumentNullException.ThrowIfNull(timeProvider);
        return new PriceCatalog(_index, _info, timeProvider);
    }

    /// <summary>Finds the price of a model.</summary>
    /// <param name="modelId">The model's id.</param>
    /// <param name="provider">The provider's name, for example <c>openai</c>; <see langword="null"/> if it is unknown.</param>
    /// <param name="at">The time of the call; <see langword="null"/> for now.</param>
    /// <param name="region">The region of the call, for example <c>eu</c>; <see langword="null"/> if it is unknown or part of the id.</param>
    /// <returns>The resolution. If there is no price, its match is <see cref="PriceMatch.Unknown"/>.</returns>
    public PriceResolution Resolve(string modelId, string? provider = null, DateTimeOffset? at = null, string? region = null)
    {
        ArgumentNullException.ThrowIfNull(modelId);
        _memory.TryGetValue(modelId, out Remembered? known);
        for (Remembered? entry = known; entry is not null; entry = entry.Next)
        {
            if (string.Equals(entry.Provider, provider) && string.Equals(entry.Region, region))
            {
                return entry.Model.At(at, _timeProvider);
            }
        }

        ResolvedModel resolved = ModelIdResolver.Resolve(_index, modelId, provider, region, null);
        if (Interlocked.Increment(ref _remembered) > LargestMemory)
        {
            _memory.Clear();
            Volatile.Write(ref _remembered, 1);
        }

        _memory[modelId] = new Remembered(provider, region, resolved, known?.Length < LargestList ? known : null);
        return resolved.At(at, _timeProvider);
    }

    /// <summary>Finds the price of a route like <see cref="Resolve"/>. The price is zero if the endpoint is a local Ollama server.</summary>
    /// <param name="modelId">The model's id.</param>
    /// <param name="provider">The provider's name.</param>
    /// <param name="endpoint">The base URL of the provider.</param>
    /// <param name="at">The time of the call; <see langword="null"/> for now.</param>
    /// <returns>The resolution.</returns>
    public PriceResolution ResolveRoute(string modelId, string? provider, Uri? endpoint, DateTimeOffset? at = null)
    {
        PriceResolution resolution = Resolve(modelId, provider, at);
        return resolution.Match != PriceMatch.Override && LocalModel.IsKnownFree(provider, endpoint, modelId)
            ? new PriceResolution(PriceMatch.Free, modelId, ModelPrice.Free, resolution.Limits) { Provider = ProviderNames.Canonical(provider) }
            : resolution;
    }

    /// <summary>Finds the price to settle a response: the application's own price of the requested model, or else the price of the model that answered.</summary>
    /// <param name="requestedModelId">The requested model id.</param>
    /// <param name="responseModelId">The model id in the response; <see langword="null"/> for the requested one.</param>
    /// <param name="provider">The provider's name.</param>
    /// <param name="at">The time of the call; <see langword="null"/> for now.</param>
    /// <returns>The resolution of the model that answered if its price is known, otherwise of the requested model.</returns>
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

    /// <summary>Finds the price of a model and describes each step.</summary>
    /// <param name="modelId">The model's id.</param>
    /// <param name="provider">The provider's name; <see langword="null"/> if it is unknown.</param>
    /// <param name="at">The time of the call; <see langword="null"/> for now.</param>
    /// <param name="region">The region of the call; <see langword="null"/> if it is unknown or part of the id.</param>
    /// <returns>The steps, one sentence each, and the resolution.</returns>
    public (IReadOnlyList<string> Steps, PriceResolution Resolution) Explain(string modelId, string? provider = null, DateTimeOffset? at = null, string? region = null)
    {
        ArgumentNullException.ThrowIfNull(modelId);
        List<string> steps = [];
        PriceResolution resolution = ModelIdResolver.Resolve(_index, modelId, provider, region, steps).At(at, _timeProvider);
        return (steps, resolution);
    }

    internal static PriceCatalog Create(IReadOnlyList<PricedModel> models, PriceCatalogInfo info, TimeProvider? timeProvider = null) =>
        new(new ListedModels(models), new Lazy<PriceCatalogInfo>(info), timeProvider ?? TimeProvider.System);

    /// <summary>Returns a catalog in which entries replace those of the same models, without being the application's own prices.</summary>
    internal PriceCatalog WithModels(IReadOnlyList<PricedModel> models) => Overlaid(models);

    /// <summary>Gets the day of the prices; <see langword="null"/> if the file states none.</summary>
    public DateOnly? Date => Info.Date;

    /// <summary>Gets a digest of the content: the same for the same prices, and another after any change.</summary>
    public string Digest => _index.Digest;

    private PriceCatalog Overlaid(IReadOnlyList<PricedModel> added) => new(new OverlaidModels(_index, added), _info, _timeProvider);

    /// <summary>What an id means at a provider and in a region, and the earlier answers for the same id.</summary>
    private sealed class Remembered(string? provider, string? region, ResolvedModel model, Remembered? next)
    {
        internal string? Provider => provider;

        internal string? Region => region;

        internal ResolvedModel Model => model;

        internal Remembered? Next => next;

        internal int Length { get; } = 1 + (next?.Length ?? 0);
    }

    private static class EmptyHolder
    {
        internal static readonly PriceCatalog Catalog = Create([], new PriceCatalogInfo());
    }

    private static class DefaultHolder
    {
        internal static readonly PriceCatalog Catalog = Read();

        private static PriceCatalog Read()
        {
            const string Name = "MeaiBudget.price-catalog.json";
            using Stream stream = typeof(PriceCatalog).Assembly.GetManifestResourceStream(Name)
                ?? throw new PriceCatalogException(Name, null, "The price file of the package is missing from the assembly MeaiBudget. Reinstall the package.", null);
            byte[] file = new byte[stream.Length];
            stream.ReadExactly(file);
            if (PackedModels.TryIndex(file) is not { } packed)
            {
                return Load(new MemoryStream(file), Name);
            }

            return new PriceCatalog(packed, new Lazy<PriceCatalogInfo>(() => ReadInfo(file.AsSpan(0, packed.HeaderLength), Name)), TimeProvider.System);
        }

        private static PriceCatalogInfo ReadInfo(ReadOnlySpan<byte> header, string name)
        {
            byte[] file = [.. header, .. "\"models\": []}"u8];
            return Load(new MemoryStream(file), name).Info;
        }
    }
}
