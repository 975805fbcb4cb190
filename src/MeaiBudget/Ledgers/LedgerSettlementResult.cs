namespace MeaiBudget;

/// <summary>The result of a settlement or an adjustment.</summary>
/// <param name="IsApplied">True if charges changed; false if an earlier settlement stands or the reservation is unknown.</param>
/// <param name="Before">Each line's account before, in the order of the reservation. Both lists may be empty without <see cref="LedgerSettlement.WantsStates"/>.</param>
/// <param name="After">Each line's account after.</param>
public readonly record struct LedgerSettlementResult(bool IsApplied, IReadOnlyList<LedgerLineState> Before, IReadOnlyList<LedgerLineState> After)
{
    /// <summary>
    /// Gets a value indicating whether the ledger did not know the reservation as open or charged. If <see cref="IsApplied"/> is
    /// <see langword="true"/>, the amounts were charged all the same, with <see cref="LedgerSettlement.Reservation"/>.
    /// </summary>
    public bool IsUnknown { get; init; }
}
