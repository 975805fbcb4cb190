namespace MeaiBudget.Testing;

/// <summary>Thrown by <see cref="CostAssert"/> if a scenario costs more than allowed. The message says what costs most.</summary>
/// <param name="message">The message.</param>
public sealed class CostAssertException(string message) : Exception(message);
