namespace MeaiBudget;

/// <summary>One line of a <see cref="CostBreakdown"/>. Immutable.</summary>
/// <param name="Component">The billed component.</param>
/// <param name="Quantity">The number of tokens, requests or uses.</param>
/// <param name="UnitPrice">US dollars per token, request or use.</param>
/// <param name="Amount">US dollars, rounded to nano-dollars. It differs from quantity times unit price by at most one nano-dollar, so that the lines add up to the total, which is rounded once.</param>
internal sealed record CostLine(PriceComponent Component, long Quantity, decimal UnitPrice, decimal Amount);
