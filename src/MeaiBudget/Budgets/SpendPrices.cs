namespace MeaiBudget;

/// <summary>Finds the price that an attempt is reserved at.</summary>
internal static class SpendPrices
{
    /// <summary>The application's own price for what was asked wins, then what is known to be free, then the catalog.</summary>
    public static PriceResolution PriceOf(PriceCatalog catalog, SpendRequest request)
    {
        PriceResolution found = catalog.Resolve(request.ModelId, request.Provider);
        if (found.Match == PriceMatch.Override)
        {
            return found;
        }

        if (request.RequestedModelId is { } requested && !string.Equals(requested, request.ModelId, StringComparison.OrdinalIgnoreCase))
        {
            PriceResolution asked = catalog.Resolve(requested, request.Provider);
            if (asked.Match == PriceMatch.Override)
            {
                return asked with { Limits = found.Limits ?? asked.Limits };
            }
        }

        return request.IsFree || LocalModels.IsFree(request.Provider, request.ProviderUri, request.ModelId)
            ? new PriceResolution(PriceMatch.Free, request.ModelId, ModelPrice.Free, found.Limits)
            : found;
    }
}
