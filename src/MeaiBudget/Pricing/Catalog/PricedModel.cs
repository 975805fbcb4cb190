namespace MeaiBudget;

/// <summary>One model of one provider in a <see cref="PriceCatalog"/>, with the history of its price. Immutable.</summary>
internal sealed record PricedModel
{
    /// <summary>Gets the provider's name, for example <c>openai</c>; <see langword="null"/> for a price that holds wherever the model is called.</summary>
    public string? Provider { get; init; }

    /// <summary>Gets the model's id.</summary>
    public required string ModelId { get; init; }

    /// <summary>Gets other ids of the very same model, dated ones for example.</summary>
    public IReadOnlyList<string> Aliases { get; init; } = [];

    /// <summary>Gets the model's limits; <see langword="null"/> if not known.</summary>
    public ModelLimits? Limits { get; init; }

    /// <summary>Gets the prices: later beginnings win over earlier ones, and later entries over earlier ones of the same beginning.</summary>
    public required IReadOnlyList<PricePeriod> Periods { get; init; }

    /// <summary>Gets a value indicating whether the price was given by the application.</summary>
    public bool IsOverride { get; init; }

    /// <summary>Gets how the file's own rules would recognise ids that are not listed; never more than a guess.</summary>
    internal IReadOnlyList<ModelIdPattern> Patterns { get; init; } = [];

    /// <summary>Finds the price in force.</summary>
    internal PricePeriod? PeriodAt(DateTimeOffset at, string? region)
    {
        PricePeriod? found = null;
        bool foundRegion = false;
        foreach (PricePeriod period in Periods)
        {
            bool sameRegion = period.Region is not null && string.Equals(period.Region, region, StringComparison.OrdinalIgnoreCase);
            if ((period.Region is not null && !sameRegion) || !period.Holds(at) || (foundRegion && !sameRegion))
            {
                continue;
            }

            // Daily windows stand beside the price they interrupt, so the later entry wins a tie.
            if (found is null || (sameRegion && !foundRegion) || (found.From ?? DateTimeOffset.MinValue) <= (period.From ?? DateTimeOffset.MinValue))
            {
                (found, foundRegion) = (period, sameRegion);
            }
        }

        return found ?? DearestRegion(at);
    }

    /// <summary>Every price is of some region and none of the one asked for: the dearest is the one that cannot be too low.</summary>
    private PricePeriod? DearestRegion(DateTimeOffset at) => Periods
        .Where(period => period.Region is not null && period.Holds(at))
        .GroupBy(period => period.Region, StringComparer.OrdinalIgnoreCase)
        .Select(region => region.MaxBy(period => period.From ?? DateTimeOffset.MinValue)!)
        .MaxBy(period => period.Price.InputPerMillion + period.Price.OutputPerMillion);
}
