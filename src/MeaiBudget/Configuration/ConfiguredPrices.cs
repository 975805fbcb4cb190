namespace MeaiBudget;

/// <summary>Makes the catalog that configuration asks for: the package's own, a price file over it, the application's own prices over both.</summary>
internal static class ConfiguredPrices
{
    /// <exception cref="PriceCatalogException">The price file is refused.</exception>
    public static PriceCatalog CatalogOf(MeaiBudgetOptions options) =>
        Over(options.PriceFile is { } path ? PriceCatalog.Default.With(PriceCatalog.Load(path)) : PriceCatalog.Default, options);

    /// <summary>Lays the application's own prices over a catalog. Entries with mistakes are left out.</summary>
    public static PriceCatalog Over(PriceCatalog catalog, MeaiBudgetOptions options)
    {
        PricedModel[] own = [.. options.Prices.Select(entry => ModelOf(entry.Key, entry.Value)).OfType<PricedModel>()];
        return own.Length == 0 ? catalog : catalog.With(PriceCatalog.Create(own, new PriceCatalogInfo()));
    }

    private static PricedModel? ModelOf(string name, PriceSettings settings)
    {
        try
        {
            return new PricedModel { ModelId = settings.Model ?? name, Periods = [new PricePeriod(settings.ToPrice())] };
        }
        catch (ArgumentException)
        {
            return null;
        }
    }
}
