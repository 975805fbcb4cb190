namespace MeaiBudget;

/// <summary>The answer of a <see cref="PriceCatalog"/> to a model id.</summary>
/// <param name="Match">How the id was found.</param>
/// <param name="ModelId">The id in the catalog, or the id asked for where none was found.</param>
/// <param name="Price">The price; <see langword="null"/> exactly if <paramref name="Match"/> is <see cref="PriceMatch.Unknown"/>.</param>
/// <param name="Limits">The model's limits; <see langword="null"/> if not known.</param>
public sealed record PriceResolution(PriceMatch Match, string ModelId, ModelPrice? Price, ModelLimits? Limits)
{
    /// <summary>Gets the provider whose price it is; <see langword="null"/> for a price that holds wherever the model is called, or for none.</summary>
    public string? Provider { get; init; }

    /// <summary>Gets the region whose price it is; <see langword="null"/> if the price is not of one region.</summary>
    public string? Region { get; init; }

    /// <summary>Gets where the price comes from; <see langword="null"/> for the application itself, or for no price.</summary>
    internal PriceSource? Source { get; init; }

    /// <summary>Gets a value indicating whether the price is certain enough for a budget that enforces: neither unknown nor guessed.</summary>
    public bool IsKnown => Match is not (PriceMatch.Unknown or PriceMatch.Inferred);

    /// <summary>Computes what a usage costs at this price, <see cref="CostKind.Unknown"/> if there is none and the provider stated no cost either.</summary>
    /// <param name="usage">The usage.</param>
    /// <returns>The cost, never negative.</returns>
    public Cost CostOf(in BillableUsage usage)
    {
        if (Price is not null)
        {
            return Price.CostOf(usage, Match);
        }

        return usage.ProviderStatedCost is > 0m
            ? ModelPrice.Stated(usage.ProviderStatedCost.Value, Match)
            : new Cost(0, CostKind.Unknown, Match, usage.ProviderStatedCost is null ? CostFlags.None : CostFlags.StatedCostIgnored);
    }

    /// <summary>Says what is missing and the line to add; <see langword="null"/> if the price is known.</summary>
    /// <param name="requestedModelId">The id as the application knows it.</param>
    /// <returns>The advice, for a log, an exception or a person.</returns>
    public string? AdviceFor(string requestedModelId)
    {
        ArgumentNullException.ThrowIfNull(requestedModelId);
        string line = $"catalog = catalog.With(\"{requestedModelId}\", ModelPrice.PerMillionTokens(input: 0.00m, output: 0.00m));";
        return Match switch
        {
            PriceMatch.Unknown => $"No price is known for the model '{requestedModelId}'. Add it, with the provider's US dollars per million tokens: {line}",
            PriceMatch.Inferred => $"The price of the model '{requestedModelId}' is only guessed from '{ModelId}' ({Price}). Confirm it, with the provider's US dollars per million tokens: {line}",
            _ => null,
        };
    }
}
