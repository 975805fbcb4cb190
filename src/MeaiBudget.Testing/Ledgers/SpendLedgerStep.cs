namespace MeaiBudget.Testing;

/// <summary>One random operation of a <see cref="SpendLedgerModel"/>.</summary>
/// <param name="Kind">The operation.</param>
/// <param name="Choice">Selects accounts or a reservation, modulo their number; zero or more.</param>
/// <param name="Amount">The amount or the time; zero or more.</param>
public readonly record struct SpendLedgerStep(SpendLedgerStepKind Kind, int Choice, int Amount);
