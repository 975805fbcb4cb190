namespace MeaiBudget;

/// <summary>One account as a ledger saw it at the moment of an operation.</summary>
/// <param name="Charged">Settled in the counted periods: overrun, unconfirmed charges and adjustments included.</param>
/// <param name="Held">Open reservations.</param>
/// <param name="Unconfirmed">The part of <paramref name="Charged"/> that was charged as unconfirmed.</param>
/// <param name="Overrun">The part of <paramref name="Charged"/> that was billed beyond what had been reserved.</param>
/// <param name="Granted">Grants in force.</param>
/// <param name="Fits">For a reservation: whether the line fitted its limit.</param>
public readonly record struct LedgerLineState(long Charged, long Held, long Unconfirmed, long Overrun, long Granted, bool Fits);
