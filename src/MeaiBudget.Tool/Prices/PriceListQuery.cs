namespace MeaiBudget.Tool;

/// <summary>What <c>prices list</c> shows, and in which order.</summary>
/// <param name="Provider">The provider; null for all.</param>
/// <param name="Search">A part of the id; null for all.</param>
/// <param name="Sort">The order: <c>catalog</c>, <c>id</c>, <c>input</c>, <c>output</c>, <c>context</c>.</param>
internal sealed record PriceListQuery(string? Provider, string? Search, string? Sort)
{
    internal static readonly string[] Orders = ["catalog", "id", "input", "output", "context"];

    internal IEnumerable<(PricedModel Model, PricePeriod Period)> Of(PriceCatalog catalog, DateTimeOffset now)
    {
        string? provider = Canonical(catalog);
        IEnumerable<(PricedModel Model, PricePeriod Period)> rows = catalog.Models
            .Where(model => provider is null || ProviderNames.Canonical(model.Provider) == provider)
            .Where(model => Search is null || model.Aliases.Prepend(model.ModelId).Any(id => id.Contains(Search, StringComparison.OrdinalIgnoreCase)))
            .Select(model => (model, Period: model.PeriodAt(now, null)))
            .Where(row => row.Period is not null)
            .Select(row => (row.model, row.Period!));
        return Sort switch
        {
            "id" => rows.OrderBy(row => row.Model.ModelId, StringComparer.OrdinalIgnoreCase),
            "input" => rows.OrderBy(row => row.Period.Price.InputPerMillion),
            "output" => rows.OrderBy(row => row.Period.Price.OutputPerMillion),
            "context" => rows.OrderByDescending(row => row.Model.Limits?.ContextWindow ?? 0),
            _ => rows,
        };
    }

    /// <summary>Returns the provider's name in the catalog.</summary>
    /// <exception cref="PriceCatalogException">The catalog has no such provider. The message suggests some.</exception>
    private string? Canonical(PriceCatalog catalog)
    {
        if (ProviderNames.Canonical(Provider) is not { } wanted)
        {
            return null;
        }

        string[] known = [.. catalog.Models.Select(model => ProviderNames.Canonical(model.Provider)).OfType<string>().Distinct()];
        if (known.Contains(wanted) || known.Length == 0)
        {
            return wanted;
        }

        string[] close = [.. known.Where(name => Distance(name, wanted) <= 2 || name.StartsWith(wanted, StringComparison.Ordinal) || wanted.StartsWith(name, StringComparison.Ordinal))];
        throw new PriceCatalogException(
            "the catalog", null, $"It has no provider '{Provider}'. {(close.Length > 0 ? $"Did you mean {string.Join(" or ", close)}?" : $"Its providers are: {string.Join(", ", known)}.")}", null);
    }

    private static int Distance(string one, string other)
    {
        int[] row = [.. Enumerable.Range(0, other.Length + 1)];
        for (int i = 1; i <= one.Length; i++)
        {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= other.Length; j++)
            {
                int above = row[j];
                row[j] = Math.Min(Math.Min(row[j] + 1, row[j - 1] + 1), diagonal + (one[i - 1] == other[j - 1] ? 0 : 1));
                diagonal = above;
            }
        }

        return row[other.Length];
    }
}
