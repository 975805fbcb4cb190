namespace MeaiBudget;

/// <summary>One model of one provider in a <see cref="PriceCatalog"/>, with its current, past and future prices. Immutable.</summary>
internal sealed record PricedModel
{
    /// <summary>The region of a price for every region that is named and not the global one.</summary>
    internal const string AnyRegion = "*";

    /// <summary>AWS's sovereign cloud, whose regions (<c>us-gov-west-1</c>) have its prices.</summary>
    private const string SovereignRegion = "us-gov";

    /// <summary>Gets the provider's name, for example <c>openai</c>; <see langword="null"/> if the price applies to every provider.</summary>
    public string? Provider { get; init; }

    /// <summary>Gets the model's id.</summary>
    public required string ModelId { get; init; }

    /// <summary>Gets other ids of the same model, for example dated ones.</summary>
    public IReadOnlyList<string> Aliases { get; init; } = [];

    /// <summary>Gets the model's limits; <see langword="null"/> if they are unknown.</summary>
    public ModelLimits? Limits { get; init; }

    /// <summary>Gets the prices. A later start takes precedence over an earlier one; for equal starts, the later entry takes precedence.</summary>
    public required IReadOnlyList<PricePeriod> Periods { get; init; }

    /// <summary>
    /// Gets the models that the id has meant, with the time from which it meant each, in order; empty for a model. Such an id (an alias
    /// that the provider moves) has no prices of its own.
    /// </summary>
    public IReadOnlyList<AliasMeaning> Meanings { get; init; } = [];

    /// <summary>Gets a value indicating whether the application set the price.</summary>
    public bool IsOverride { get; init; }

    /// <summary>The file's own patterns for ids that it does not list. A match is only a guess.</summary>
    internal IReadOnlyList<ModelIdPattern> Patterns { get; init; } = [];

    /// <summary>Returns the price at a time and in a region; null if there is none.</summary>
    internal PricePeriod? PeriodAt(DateTimeOffset at, string? region)
    {
        PricePeriod? found = null;
        int foundRegion = 0;
        foreach (PricePeriod period in Periods)
        {
            int sameRegion = RegionRank(period.Region, region);
            if (sameRegion < foundRegion || !period.Holds(at))
            {
                continue;
            }

            // A daily window has the same start as the price that it interrupts, so the later entry takes precedence.
            if (found is null || sameRegion > foundRegion || (found.From ?? DateTimeOffset.MinValue) <= (period.From ?? DateTimeOffset.MinValue))
            {
                (found, foundRegion) = (period, sameRegion);
            }
        }

        return found ?? DearestRegion(at);
    }

    /// <summary>Returns 3 for the price of the region itself, 2 for that of the sovereign cloud that it belongs to, 1 for that of any region but the global one, 0 for one without a region, and -1 for another region's.</summary>
    private static int RegionRank(string? priced, string? asked) => priced switch
    {
        null => 0,
        _ when asked is null => -1,
        AnyRegion => asked.StartsWith("global", StringComparison.OrdinalIgnoreCase) ? -1 : 1,
        _ when string.Equals(priced, asked, StringComparison.OrdinalIgnoreCase) => 3,
        _ => priced == SovereignRegion && asked.StartsWith(SovereignRegion, StringComparison.OrdinalIgnoreCase) ? 2 : -1,
    };

    /// <summary>Returns the most expensive region's price, used if all prices are for other regions, so that the cost is not too low.</summary>
    private PricePeriod? DearestRegion(DateTimeOffset at) => Periods
        .Where(period => period.Region is not null && period.Holds(at))
        .GroupBy(period => period.Region, StringComparer.OrdinalIgnoreCase)
        .Select(region => region.MaxBy(period => period.From ?? DateTimeOffset.MinValue)!)
        .MaxBy(period => period.Price.InputPerMillion + period.Price.OutputPerMillion);
}
