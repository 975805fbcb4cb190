namespace MeaiBudget;

/// <summary>One account at the moment of an operation. Amounts are in the account's unit, zero or more.</summary>
/// <param name="Charged">The charges of the counted periods, with overrun, unconfirmed charges and adjustments.</param>
/// <param name="Held">The amounts of open reservations.</param>
/// <param name="Unconfirmed">The part of <paramref name="Charged"/> that no provider has confirmed.</param>
/// <param name="Overrun">The part of <paramref name="Charged"/> that exceeds what was reserved.</param>
/// <param name="Granted">The grants in force.</param>
/// <param name="Fits">In the result of a reservation, false if the line did not fit its limit; true elsewhere.</param>
public readonly record struct LedgerLineState(long Charged, long Held, long Unconfirmed, long Overrun, long Granted, bool Fits);
