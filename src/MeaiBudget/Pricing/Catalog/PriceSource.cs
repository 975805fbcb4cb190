namespace MeaiBudget;

/// <summary>Where a price comes from.</summary>
/// <param name="Name">The source or sources, for example <c>genai-prices, models.dev</c>.</param>
/// <param name="CheckedOn">The day the sources were read.</param>
/// <param name="Confidence">How far the price can be trusted.</param>
internal sealed record PriceSource(string Name, DateOnly? CheckedOn, PriceConfidence Confidence);
