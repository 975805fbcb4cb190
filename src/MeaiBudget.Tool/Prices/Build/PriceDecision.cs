namespace MeaiBudget.Tool;

/// <summary>A decision about one id.</summary>
/// <param name="Take">The source whose price is taken; null for the usual rule.</param>
/// <param name="CachedInput">The price of cached input; -1 for none; null for the usual rule.</param>
/// <param name="Brackets">The source whose brackets are taken, or <c>none</c>; null for the usual rule.</param>
/// <param name="Tiers">Tiers, as multiples of the standard price.</param>
/// <param name="Ids">Other ids of the same model.</param>
/// <param name="Reason">The reason.</param>
internal sealed record PriceDecision(string? Take, decimal? CachedInput, string? Brackets, IReadOnlyDictionary<string, decimal> Tiers, IReadOnlyList<string> Ids, string Reason);
