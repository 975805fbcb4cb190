namespace MeaiBudget;

/// <summary>A ledger's answer to a settlement.</summary>
/// <param name="IsApplied">Whether anything changed; <see langword="false"/> if it had been settled so before.</param>
/// <param name="Before">Each line's account before, in the order of the reservation. This and the next may be empty where the settlement did not want them.</param>
/// <param name="After">Each line's account after.</param>
public readonly record struct LedgerSettlementResult(bool IsApplied, IReadOnlyList<LedgerLineState> Before, IReadOnlyList<LedgerLineState> After);
