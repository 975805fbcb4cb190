namespace MeaiBudget;

/// <summary>Checks the prices, and that every route has a price if a budget needs one.</summary>
internal static class PriceReview
{
    public static void Check(ConfigurationReview review)
    {
        foreach ((string name, PriceSettings price) in review.Options.Prices)
        {
            CheckPrice(review, $"Prices:{name}", price);
        }

        CheckRoutes(review, CatalogOf(review));
    }

    public static void CheckPrice(ConfigurationReview review, string path, PriceSettings price)
    {
        if (price.Input is null || price.Output is null)
        {
            review.Report(path, $"{(price.Input is null ? "\"Input\"" : "\"Output\"")} is missing. Write US dollars per million tokens, or 0 if the model is free.");
            return;
        }

        try
        {
            _ = price.ToPrice();
        }
        catch (ArgumentException exception)
        {
            review.Report(path, exception.Message);
        }
    }

    private static PriceCatalog CatalogOf(ConfigurationReview review)
    {
        try
        {
            return ConfiguredPrices.CatalogOf(review.Options);
        }
        catch (PriceCatalogException exception)
        {
            review.Report("PriceFile", exception.Message);
            return ConfiguredPrices.Over(PriceCatalog.Default, review.Options);
        }
    }

    private static void CheckRoutes(ConfigurationReview review, PriceCatalog catalog)
    {
        string[] budgets = [.. review.Options.Budgets
            .Where(entry => entry.Value is { Enforcement: Enforcement.Enforce, Limit: not null }
                && entry.Value.UnknownPrice.Equals(BudgetSettings.DenyUnknownPrice, StringComparison.OrdinalIgnoreCase))
            .Select(entry => $"'{entry.Key}'")];
        if (budgets.Length == 0)
        {
            return;
        }

        foreach ((string name, RouteSettings route) in review.Options.Routes)
        {
            // A price of the logical model is enough if all models that use the route have one.
            PriceResolution[] prices = [.. review.Facts.ModelsThatAsk(name).DefaultIfEmpty(null)
                .Select(model => review.Facts.PriceOf(route, model, catalog)).OfType<PriceResolution>()];
            if (prices.FirstOrDefault(price => !price.IsKnown) is not { } unknown)
            {
                continue;
            }

            string entry = route.Model!.Contains(':', StringComparison.Ordinal)
                ? $"\"{name}\": {{ \"Model\": \"{route.Model}\", \"Input\": 0.00, \"Output\": 0.00 }}"
                : $"\"{route.Model}\": {{ \"Input\": 0.00, \"Output\": 0.00 }}";
            string what = unknown.Match == PriceMatch.Inferred
                ? $"the price of '{route.Model}' is only inferred from '{unknown.ModelId}' ({unknown.Price})"
                : $"no price is known for '{route.Model}'";
            review.Report($"Routes:{name}:Model",
                $"{what}, so the budget {string.Join(", ", budgets)} would refuse every call of this route. Add the provider's US dollars per million tokens to {review.Root}: "
                + $"\"Prices\": {{ {entry} }}; or \"Local\": true to the route if it runs on a machine of your own.");
        }
    }
}
