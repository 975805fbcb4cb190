namespace MeaiBudget;

/// <summary>A ledger's answer to a reservation.</summary>
/// <param name="IsAdmitted">Whether the reservation was taken.</param>
/// <param name="Lines">Each line's account, in the order of the reservation: after it was taken, or as it stood when it was refused. May be empty where it was taken and the reservation did not want them.</param>
public readonly record struct LedgerReservationResult(bool IsAdmitted, IReadOnlyList<LedgerLineState> Lines);
