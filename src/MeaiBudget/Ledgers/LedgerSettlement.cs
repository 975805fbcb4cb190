namespace MeaiBudget;

/// <summary>What a reservation turned out to cost.</summary>
public sealed record LedgerSettlement
{
    /// <summary>Gets the reservation.</summary>
    public required LedgerReservationId Id { get; init; }

    /// <summary>Gets the amount of each line, in the order of the reservation's lines, each zero or more.</summary>
    public required IReadOnlyList<long> Amounts { get; init; }

    /// <summary>Gets a value indicating whether the amounts are charged as unconfirmed, to be corrected when better is known.</summary>
    public bool IsUnconfirmed { get; init; }

    /// <summary>
    /// Gets a value indicating whether the answer is to state each line's account before and after; where nobody asks, a ledger
    /// may leave both lists empty.
    /// </summary>
    public bool WantsStates { get; init; } = true;

    /// <summary>Gets what the attempt was, completed, for ledgers that keep records of calls.</summary>
    public LedgerSettlementInfo? Info { get; init; }
}
