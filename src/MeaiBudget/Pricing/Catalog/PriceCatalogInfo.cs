namespace MeaiBudget;

/// <summary>Information about a price catalog. Immutable.</summary>
internal sealed record PriceCatalogInfo
{
    /// <summary>Gets the catalog's version; <see langword="null"/> if the file has none.</summary>
    public string? Version { get; init; }

    /// <summary>Gets the date of the prices; <see langword="null"/> if the file has none.</summary>
    public DateOnly? Date { get; init; }

    /// <summary>Gets the sources by name, with the version that was read.</summary>
    public IReadOnlyDictionary<string, string> Sources { get; init; } = new Dictionary<string, string>();

    /// <summary>Gets the prices about which sources disagreed, and the decisions.</summary>
    internal IReadOnlyList<PriceDisagreement> Disagreements { get; init; } = [];

    /// <summary>Gets the entries of a LiteLLM or genai-prices file that have no usable price, with the reason. Their price is unknown, not zero.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];
}
