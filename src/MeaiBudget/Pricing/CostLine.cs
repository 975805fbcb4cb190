namespace MeaiBudget;

/// <summary>One line of a <see cref="CostBreakdown"/>.</summary>
/// <param name="Component">What was billed.</param>
/// <param name="Quantity">How many tokens, requests or uses.</param>
/// <param name="UnitPrice">US dollars for one token, request or use.</param>
/// <param name="Amount">US dollars, in whole nano-dollars: the quantity times the unit price to within one nano-dollar, so that the lines add up to the total, which is rounded once.</param>
internal sealed record CostLine(PriceComponent Component, long Quantity, decimal UnitPrice, decimal Amount);
