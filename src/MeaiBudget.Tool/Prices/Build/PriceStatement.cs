namespace MeaiBudget.Tool;

/// <summary>What one source says of the price of one id. Immutable.</summary>
/// <param name="Source">The source.</param>
/// <param name="Provider">The provider, by this library's name.</param>
/// <param name="Id">The id at the provider, without a region.</param>
/// <param name="Price">The price in force.</param>
internal sealed record PriceStatement(SourceDescription Source, string Provider, string Id, ModelPrice Price)
{
    /// <summary>Gets the region that the id or the key of the source names; null for none.</summary>
    public string? Region { get; init; }

    public ModelLimits? Limits { get; init; }

    /// <summary>Gets all periods, if the source dates its prices; empty otherwise.</summary>
    public IReadOnlyList<PricePeriod> Periods { get; init; } = [];

    /// <summary>Gets other ids that the source says mean the same model.</summary>
    public IReadOnlyList<string> Aliases { get; init; } = [];
}
