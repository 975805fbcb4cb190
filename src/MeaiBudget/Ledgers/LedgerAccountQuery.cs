namespace MeaiBudget;

/// <summary>Names an account and the periods to add up.</summary>
/// <param name="Account">The account.</param>
/// <param name="FirstPeriod">The first period index.</param>
/// <param name="Period">The last period index; of a range, those after it count as well, as far as the range is long (<see cref="LedgerLine.FirstPeriod"/>).</param>
public readonly record struct LedgerAccountQuery(string Account, long FirstPeriod, long Period);
