namespace MeaiBudget.Testing;

/// <summary>One step of a random history that a <see cref="SpendLedgerModel"/> takes.</summary>
/// <param name="Kind">What happens.</param>
/// <param name="Choice">Which accounts or which reservation, taken modulo what there is.</param>
/// <param name="Amount">How much, or how long; zero or more.</param>
public readonly record struct SpendLedgerStep(SpendLedgerStepKind Kind, int Choice, int Amount);
