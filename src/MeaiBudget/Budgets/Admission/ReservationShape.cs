namespace MeaiBudget;

/// <summary>What the ledger lines of a reservation mean. Its arrays are not changed.</summary>
/// <param name="Hash">A hash of the budgets' keys.</param>
/// <param name="Lines">The budget behind each line.</param>
/// <param name="Accounts">The account of each line.</param>
internal sealed record ReservationShape(int Hash, BudgetLine[] Lines, string[] Accounts);
