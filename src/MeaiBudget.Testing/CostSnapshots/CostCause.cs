namespace MeaiBudget.Testing;

/// <summary>One reason why a scenario became dearer. Immutable.</summary>
/// <param name="Kind">The kind.</param>
/// <param name="Subject">The tool or model that it is about; empty for none.</param>
/// <param name="Expected">The increase of the expected cost, or of the cost with cache, in US dollars.</param>
/// <param name="Worst">The increase of the worst case in US dollars.</param>
/// <param name="Text">A sentence without a full stop.</param>
internal sealed record CostCause(CostCauseKind Kind, string Subject, decimal Expected, decimal Worst, string Text);
