namespace MeaiBudget;

/// <summary>A ledger's answer to a settlement.</summary>
/// <param name="IsApplied">Whether anything changed; <see langword="false"/> if it had been settled so before.</param>
/// <param name="Before">Each line's account before, in the order of the reservation.</param>
/// <param name="After">Each line's account after.</param>
public readonly record struct LedgerSettlementResult(bool IsApplied, IReadOnlyList<LedgerLineState> Before, IReadOnlyList<LedgerLineState> After);
