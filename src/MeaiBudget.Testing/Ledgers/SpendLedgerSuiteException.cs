namespace MeaiBudget.Testing;

/// <summary>A ledger does not do what <see cref="ISpendLedger"/> promises.</summary>
/// <param name="message">What was expected and what was found.</param>
public sealed class SpendLedgerSuiteException(string message) : Exception(message);
