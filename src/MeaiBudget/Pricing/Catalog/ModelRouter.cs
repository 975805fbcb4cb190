namespace MeaiBudget;

/// <summary>Azure's model router: a deployment behind which the service chooses the model of each request. Its own price is a fee on the input.</summary>
internal static class ModelRouter
{
    private const string Id = "model-router";

    /// <summary>The fee is at most this part of what the dearest models take for the input (0.14 of 15 dollars).</summary>
    private const decimal WithFee = 1.02m;

    // The dearest of the models that version 2025-11-18 chooses from. Source: learn.microsoft.com/azure/foundry/model-router/supported-models,
    // 2026-11-11. Azure adds models to a version; none of those is dearer than the first of these.
    private static readonly string[] Dearest = ["claude-opus-4-1", "claude-fable-5-1", "claude-opus-5", "gpt-5.5", "gpt-5.4", "gpt-5.6-sol", "claude-sonnet-4-5", "grok-4"];

    /// <summary>Returns whether a price is that of a router. A price of the application's own for it is charged as it is.</summary>
    public static bool Is(PriceResolution price) =>
        price.Match is not (PriceMatch.Override or PriceMatch.Free) && string.Equals(price.ModelId, Id, StringComparison.OrdinalIgnoreCase);

    /// <summary>Returns the price with what has to be reserved: the router may choose its dearest model.</summary>
    public static PriceResolution Reserved(PriceResolution router, PriceCatalog catalog, string? provider) => router with
    {
        ReservationPrice = router.Price!.OrDearer(Dearest.Select(id => catalog.Resolve(id, provider).Price).OfType<ModelPrice>().Select(price => price.Times(WithFee))),
    };

    /// <summary>Returns what an answer costs: the model that answered, and the router's fee. If no known model is named, the dearest is charged.</summary>
    /// <param name="router">The router's price.</param>
    /// <param name="answered">The price of the model that answered; null if it is not known.</param>
    /// <param name="usage">The usage.</param>
    public static Cost CostOf(PriceResolution router, PriceResolution? answered, BillableUsage usage)
    {
        if (answered?.Price is { } price)
        {
            Cost cost = price.CostOf(usage, answered.Match);
            return cost.Kind == CostKind.ProviderStated ? cost : cost.Plus(router.Price!.CostOf(usage with { ServiceTier = null }, router.Match));
        }

        return router.ReservationPrice!.Alternatives.Append(router.Price!).Select(alternative => alternative.CostOf(usage, router.Match)).MaxBy(cost => cost.NanoDollars);
    }
}
