namespace MeaiBudget;

/// <summary>The result of a reservation.</summary>
/// <param name="IsAdmitted">True if the reservation was admitted.</param>
/// <param name="Lines">Each line's account, in the order of the reservation: after the admission, or at the refusal. May be empty after an admission without <see cref="LedgerReservation.WantsStates"/>.</param>
public readonly record struct LedgerReservationResult(bool IsAdmitted, IReadOnlyList<LedgerLineState> Lines)
{
    /// <summary>
    /// Gets a value indicating whether nothing was reserved because the ledger's settings have another version than
    /// <see cref="LedgerReservation.SettingsVersion"/>. Read them and reserve again.
    /// </summary>
    public bool SettingsChanged { get; init; }
}
