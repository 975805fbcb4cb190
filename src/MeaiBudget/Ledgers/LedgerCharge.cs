namespace MeaiBudget;

/// <summary>What a reservation takes or has charged, line by line.</summary>
/// <param name="IsOpen">Whether it is still open: the amounts are then what is held.</param>
/// <param name="Accounts">The accounts, in the order of the reservation's lines.</param>
/// <param name="Amounts">The amounts, in the same order; zero for a line that was left out.</param>
public sealed record LedgerCharge(bool IsOpen, IReadOnlyList<string> Accounts, IReadOnlyList<long> Amounts);
