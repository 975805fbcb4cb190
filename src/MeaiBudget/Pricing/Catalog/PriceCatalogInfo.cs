namespace MeaiBudget;

/// <summary>What a price catalog says of itself.</summary>
internal sealed record PriceCatalogInfo
{
    /// <summary>Gets the catalog's version; <see langword="null"/> if the file has none.</summary>
    public string? Version { get; init; }

    /// <summary>Gets the day on which the prices were put together; <see langword="null"/> if the file does not say.</summary>
    public DateOnly? Date { get; init; }

    /// <summary>Gets the sources, by name, with what identifies the version read.</summary>
    public IReadOnlyDictionary<string, string> Sources { get; init; } = new Dictionary<string, string>();

    /// <summary>Gets where sources disagreed, and how it was decided.</summary>
    internal IReadOnlyList<PriceDisagreement> Disagreements { get; init; } = [];

    /// <summary>Gets the entries of a foreign file that hold no price that could be used, with the reason; they are unknown, never free.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];
}
