namespace MeaiBudget;

/// <summary>Names one reservation, for ever: the key that makes every ledger operation idempotent.</summary>
/// <param name="CallId">The call.</param>
/// <param name="Attempt">The attempt within the call, from 1.</param>
/// <param name="Owner">Who reserves: a tracker's name, or <c>run</c>; several owners may stand on one path.</param>
public readonly record struct LedgerReservationId(Guid CallId, int Attempt, string Owner);
