namespace MeaiBudget;

/// <summary>A cost line by line. The lines add up to the amount exactly.</summary>
/// <param name="Cost">The cost.</param>
/// <param name="Lines">The lines; empty for a cost of nothing.</param>
internal sealed record CostBreakdown(Cost Cost, IReadOnlyList<CostLine> Lines);
