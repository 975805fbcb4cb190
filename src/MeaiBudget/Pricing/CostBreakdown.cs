namespace MeaiBudget;

/// <summary>A cost with its lines, which add up to exactly the amount. Immutable.</summary>
/// <param name="Cost">The cost.</param>
/// <param name="Lines">The lines; empty if the cost is zero.</param>
internal sealed record CostBreakdown(Cost Cost, IReadOnlyList<CostLine> Lines);
