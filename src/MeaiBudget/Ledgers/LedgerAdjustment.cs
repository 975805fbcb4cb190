namespace MeaiBudget;

/// <summary>A correction of something settled: a new total, charged into the reservation's own period. Append-only.</summary>
public sealed record LedgerAdjustment
{
    /// <summary>Gets the adjustment's id; applying it again changes nothing.</summary>
    public required Guid Id { get; init; }

    /// <summary>Gets the settled reservation.</summary>
    public required LedgerReservationId Reservation { get; init; }

    /// <summary>Gets the new total of each line, in the order of the reservation's lines, each zero or more.</summary>
    public required IReadOnlyList<long> Amounts { get; init; }

    /// <summary>Gets who adjusted it and why, for the audit.</summary>
    public required string Reason { get; init; }
}
