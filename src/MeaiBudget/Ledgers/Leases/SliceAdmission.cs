namespace MeaiBudget;

/// <summary>What the slices of this process say to a reservation.</summary>
/// <param name="Parts">The parts; <see langword="null"/> if the far ledger need not be asked.</param>
/// <param name="Result">The result if the far ledger need not be asked; otherwise the states of the lines that are held in slices.</param>
internal readonly record struct SliceAdmission(LedgerParts? Parts, LedgerReservationResult Result)
{
    /// <summary>Gets a value indicating whether the reservation may have been admitted before, so that nothing of it may be given back.</summary>
    public bool IsRepeated { get; init; }

    /// <summary>Gets a value indicating whether an earlier attempt may have left a part in the far ledger that must be released first.</summary>
    public bool ReleasesFirst { get; init; }
}
