namespace MeaiBudget.Testing;

/// <summary>Thrown if a ledger breaks a rule of <see cref="ISpendLedger"/>.</summary>
/// <param name="message">The expected and the found value.</param>
public sealed class SpendLedgerSuiteException(string message) : Exception(message);
