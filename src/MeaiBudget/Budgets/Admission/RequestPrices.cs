namespace MeaiBudget;

/// <summary>Finds the price for the reservation of an attempt.</summary>
internal static class RequestPrices
{
    public static PriceResolution PriceOf(PriceCatalog catalog, SpendRequest request) =>
        PriceOf(catalog, request.ModelId, request.RequestedModelId, request.Provider, request.ProviderUri, request.IsFree);

    /// <summary>An override for the requested model wins, then a model that is known to be free, then the catalog.</summary>
    public static PriceResolution PriceOf(PriceCatalog catalog, string modelId, string? requestedModelId, string? provider, Uri? endpoint, bool isFree)
    {
        PriceResolution found = catalog.Resolve(modelId, provider);
        if (found.Match == PriceMatch.Override)
        {
            return found;
        }

        if (requestedModelId is { } requested && !string.Equals(requested, modelId, StringComparison.OrdinalIgnoreCase))
        {
            PriceResolution asked = catalog.Resolve(requested, provider);
            if (asked.Match == PriceMatch.Override)
            {
                return asked with { Limits = found.Limits ?? asked.Limits };
            }
        }

        return isFree || LocalModel.IsKnownFree(provider, endpoint, modelId)
            ? new PriceResolution(PriceMatch.Free, modelId, ModelPrice.Free, found.Limits)
            : ModelRouter.Is(found) ? ModelRouter.Reserved(found, catalog, provider)
            : found;
    }
}
