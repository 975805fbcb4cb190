namespace MeaiBudget;

/// <summary>The result of a settlement or an adjustment.</summary>
/// <param name="IsApplied">True if charges changed; false if an earlier settlement stands or the reservation is unknown.</param>
/// <param name="Before">Each line's account before, in the order of the reservation. Both lists may be empty without <see cref="LedgerSettlement.WantsStates"/>.</param>
/// <param name="After">Each line's account after.</param>
public readonly record struct LedgerSettlementResult(bool IsApplied, IReadOnlyList<LedgerLineState> Before, IReadOnlyList<LedgerLineState> After);
