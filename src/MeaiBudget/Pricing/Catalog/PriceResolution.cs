namespace MeaiBudget;

/// <summary>The result of looking up a model id in a <see cref="PriceCatalog"/>. Immutable.</summary>
/// <param name="Match">How the id was found.</param>
/// <param name="ModelId">The id in the catalog, or the requested id if it was not found.</param>
/// <param name="Price">The price; <see langword="null"/> only if <paramref name="Match"/> is <see cref="PriceMatch.Unknown"/>.</param>
/// <param name="Limits">The model's limits; <see langword="null"/> if they are unknown.</param>
public sealed record PriceResolution(PriceMatch Match, string ModelId, ModelPrice? Price, ModelLimits? Limits)
{
    /// <summary>Gets the provider of the price; <see langword="null"/> if the price applies to every provider, or if there is no price.</summary>
    public string? Provider { get; init; }

    /// <summary>Gets the region of the price; <see langword="null"/> if the price is not for one region.</summary>
    public string? Region { get; init; }

    /// <summary>Gets the source of the price; <see langword="null"/> if the application set it, or if there is no price.</summary>
    internal PriceSource? Source { get; init; }

    /// <summary>
    /// Gets the time from which an alias that its provider moves (such as <c>mistral-large-latest</c>) has meant the model
    /// <see cref="ModelId"/>; <see langword="null"/> if the id is no such alias, or has always meant it.
    /// </summary>
    public DateTimeOffset? MeantSince { get; init; }

    /// <summary>Gets a value indicating whether the provider moves the id between models, so that its price can change without notice.</summary>
    public bool IsFloatingAlias { get; init; }

    /// <summary>Gets the catalog's entry; <see langword="null"/> if there is no price, or it is not a catalog's.</summary>
    internal PriceEntry? Entry { get; init; }

    /// <summary>Gets the time from which the price applies; <see langword="null"/> for ever before.</summary>
    internal DateTimeOffset? From { get; init; }

    /// <summary>Gets the price for reservations: the highest of the models that a floating alias meant lately or that a guess may mean.</summary>
    internal ModelPrice? ReservationPrice
    {
        get => field ?? Price;
        init;
    }

    /// <summary>Gets a value indicating whether the price is known and not guessed, so that enforcing budgets accept it.</summary>
    public bool IsKnown => Match is not (PriceMatch.Unknown or PriceMatch.Inferred);

    /// <summary>Computes the cost of a usage. The kind is <see cref="CostKind.Unknown"/> if there is neither a price nor a cost stated by the provider.</summary>
    /// <param name="usage">The usage.</param>
    /// <returns>The cost, never negative.</returns>
    public Cost CostOf(in BillableUsage usage)
    {
        if (Price is not null)
        {
            return Price.CostOf(usage, Match).From(Entry);
        }

        return usage.ProviderStatedCost is > 0m
            ? ModelPrice.Stated(usage.ProviderStatedCost.Value, Match)
            : new Cost(0, CostKind.Unknown, Match, usage.ProviderStatedCost is null ? CostFlags.None : CostFlags.StatedCostIgnored);
    }

    /// <summary>Describes the missing price and the code that adds it.</summary>
    /// <param name="requestedModelId">The id that the application uses.</param>
    /// <returns>The text, for a log or an exception; <see langword="null"/> if the price is known.</returns>
    public string? AdviceFor(string requestedModelId)
    {
        ArgumentNullException.ThrowIfNull(requestedModelId);
        string line = $"catalog = catalog.With(\"{requestedModelId}\", ModelPrice.PerMillionTokens(input: 0.00m, output: 0.00m));";
        return Match switch
        {
            PriceMatch.Unknown => $"No price is known for the model '{requestedModelId}'. Add it, in US dollars per million tokens: {line}",
            PriceMatch.Inferred => $"The price of the model '{requestedModelId}' is only guessed from {Origin(requestedModelId)} ({Price}). Confirm it, in US dollars per million tokens: {line}",
            _ => null,
        };
    }

    private string Origin(string requestedModelId) =>
        Provider is not null && ModelId.Equals(requestedModelId, StringComparison.OrdinalIgnoreCase) ? $"its price at the provider '{Provider}'" : $"'{ModelId}'";
}
