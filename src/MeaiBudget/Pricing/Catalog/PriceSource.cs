namespace MeaiBudget;

/// <summary>The source of a price. Immutable.</summary>
/// <param name="Name">The name of the source or sources, for example <c>genai-prices, models.dev</c>.</param>
/// <param name="CheckedOn">The day on which the sources were read; <see langword="null"/> if it is unknown.</param>
/// <param name="Confidence">The confidence in the price.</param>
internal sealed record PriceSource(string Name, DateOnly? CheckedOn, PriceConfidence Confidence);
