namespace MeaiBudget;

/// <summary>One atomic question to a ledger: take from all these accounts, or from none.</summary>
public sealed record LedgerReservation
{
    /// <summary>Gets the id; a second reservation with the same id changes nothing and gives the first one's answer.</summary>
    public required LedgerReservationId Id { get; init; }

    /// <summary>Gets the accounts, each at most once.</summary>
    public required IReadOnlyList<LedgerLine> Lines { get; init; }

    /// <summary>Gets how long the reservation stands without being renewed; after that it is charged in full.</summary>
    public required TimeSpan Lease { get; init; }

    /// <summary>
    /// Gets a value indicating whether the answer is to state each line's account; where nobody asks, a ledger may leave the
    /// list empty if the reservation is admitted. A refusal always states them.
    /// </summary>
    public bool WantsStates { get; init; } = true;

    /// <summary>Gets what the attempt is, for ledgers that keep records of calls.</summary>
    public LedgerCallInfo? Info { get; init; }
}
