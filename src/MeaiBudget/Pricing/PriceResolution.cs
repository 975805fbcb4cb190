namespace MeaiBudget;

/// <summary>The answer of a <see cref="PriceCatalog"/> to a model id.</summary>
/// <param name="Match">How the id was found.</param>
/// <param name="ModelId">The id in the catalog, or the id asked for where none was found.</param>
/// <param name="Price">The price; <see langword="null"/> exactly if <paramref name="Match"/> is <see cref="PriceMatch.Unknown"/>.</param>
/// <param name="Limits">The model's limits; <see langword="null"/> if not known.</param>
public sealed record PriceResolution(PriceMatch Match, string ModelId, ModelPrice? Price, ModelLimits? Limits);
