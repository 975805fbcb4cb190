using System.Collections.Frozen;

namespace MeaiBudget;

/// <summary>Prices by model id. Immutable and thread-safe.</summary>
public sealed class PriceCatalog
{
    private readonly FrozenDictionary<string, PriceResolution> _models;

    private PriceCatalog(FrozenDictionary<string, PriceResolution> models) => _models = models;

    /// <summary>Gets a catalog without any price.</summary>
    public static PriceCatalog Empty { get; } = new(FrozenDictionary<string, PriceResolution>.Empty);

    /// <summary>Gets the reviewed catalog that this package carries.</summary>
    public static PriceCatalog Default { get; } = Empty
        .With("gpt-4o-mini", ModelPrice.PerMillionTokens(0.15m, 0.60m))
        .With("gpt-4o", ModelPrice.PerMillionTokens(2.50m, 10m))
        .With("claude-sonnet-4-5", ModelPrice.PerMillionTokens(3m, 15m));

    /// <summary>Makes a catalog in which the application's own price for a model wins.</summary>
    /// <param name="modelId">The model's id, as requested or as a logical name.</param>
    /// <param name="price">The price.</param>
    /// <returns>The new catalog.</returns>
    public PriceCatalog With(string modelId, ModelPrice price)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(modelId);
        ArgumentNullException.ThrowIfNull(price);
        var models = new Dictionary<string, PriceResolution>(_models, StringComparer.OrdinalIgnoreCase)
        {
            [modelId] = new(PriceMatch.Override, modelId, price, null),
        };
        return new PriceCatalog(models.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase));
    }

    /// <summary>Finds the price of a model.</summary>
    /// <param name="modelId">The model's id.</param>
    /// <param name="provider">The provider's name where it is known, for example <c>openai</c>.</param>
    /// <returns>The resolution; its match is <see cref="PriceMatch.Unknown"/> if there is no price.</returns>
    public PriceResolution Resolve(string modelId, string? provider = null)
    {
        ArgumentNullException.ThrowIfNull(modelId);
        return _models.TryGetValue(modelId, out PriceResolution? found)
            ? found
            : new PriceResolution(PriceMatch.Unknown, modelId, null, null);
    }
}
