namespace MeaiBudget;

/// <summary>The amounts that a reservation holds or has charged.</summary>
/// <param name="IsOpen">True if the reservation is open, so that the amounts are held; false if they are charged.</param>
/// <param name="Accounts">The accounts, in the order of the reservation's lines.</param>
/// <param name="Amounts">The amounts in the accounts' units, in the same order; zero for a shadow line that did not fit.</param>
public sealed record LedgerCharge(bool IsOpen, IReadOnlyList<string> Accounts, IReadOnlyList<long> Amounts);
