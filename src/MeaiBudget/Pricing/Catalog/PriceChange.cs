using System.Globalization;

namespace MeaiBudget;

/// <summary>A price that differs between two catalogs at the same time.</summary>
internal sealed record PriceChange(string? Provider, string ModelId, string? Region, PriceComponent Component, decimal? Before, decimal? After)
{
    /// <summary>The ratio of the higher price to the lower one; null if one catalog has no price.</summary>
    internal decimal? Factor => (Before, After) switch
    {
        (null, _) or (_, null) => null,
        (0m, 0m) => 1m,
        (0m, _) or (_, 0m) => decimal.MaxValue,
        var (before, after) => after > before ? after / before : before / after,
    };

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Provider ?? "any provider"} {ModelId}{(Region is null ? "" : " in " + Region)} {PriceComponentNames.Of(Component)} {Before?.ToString("0.############", CultureInfo.InvariantCulture) ?? "(none)"} -> {After?.ToString("0.############", CultureInfo.InvariantCulture) ?? "(none)"}");

    /// <summary>Compares the current prices of the models that both catalogs contain.</summary>
    internal static IEnumerable<PriceChange> Between(PriceCatalog before, PriceCatalog after, DateTimeOffset at)
    {
        Dictionary<(string?, string), PricedModel> old = ByKey(before);
        foreach (((string? provider, string id) key, PricedModel model) in ByKey(after))
        {
            if (!old.TryGetValue(key, out PricedModel? was))
            {
                continue;
            }

            foreach (string? region in model.Periods.Concat(was.Periods).Select(period => period.Region).Distinct())
            {
                if (was.PeriodAt(at, region)?.Price is not { } priceBefore || model.PeriodAt(at, region)?.Price is not { } priceAfter || priceBefore == priceAfter)
                {
                    continue;
                }

                for (PriceComponent component = PriceComponent.Input; component < PriceComponent.Stated; component++)
                {
                    decimal? one = priceBefore.PriceOf(component);
                    decimal? other = priceAfter.PriceOf(component);
                    if (one != other)
                    {
                        yield return new PriceChange(key.provider, key.id, region, component, one, other);
                    }
                }
            }
        }
    }

    internal static Dictionary<(string? Provider, string Id), PricedModel> ByKey(PriceCatalog catalog)
    {
        var models = new Dictionary<(string?, string), PricedModel>();
        foreach (PricedModel model in catalog.Models)
        {
            models[(model.Provider, model.ModelId.ToLowerInvariant())] = model;
        }

        return models;
    }
}
