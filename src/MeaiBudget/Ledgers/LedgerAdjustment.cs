namespace MeaiBudget;

/// <summary>A correction of a settled reservation: new totals, charged into the reservation's own periods.</summary>
public sealed record LedgerAdjustment
{
    /// <summary>Gets the adjustment's id. Applying it again changes nothing.</summary>
    public required Guid Id { get; init; }

    /// <summary>Gets the settled reservation.</summary>
    public required LedgerReservationId Reservation { get; init; }

    /// <summary>Gets the new total of each line, in the order of the reservation's lines and in their units, each zero or more.</summary>
    public required IReadOnlyList<long> Amounts { get; init; }

    /// <summary>Gets who adjusted it and why, for the audit; no secret.</summary>
    public required string Reason { get; init; }

    /// <summary>Checks the arguments that every ledger rejects; a ledger calls this before it changes anything.</summary>
    /// <remarks>The number of amounts must be that of the reservation's lines; only the ledger knows it, and throws <see cref="ArgumentException"/> if it differs.</remarks>
    /// <exception cref="ArgumentException">The owner or the reason is <see langword="null"/>, or an amount is negative.</exception>
    public void Validate()
    {
        Reservation.Validate();
        LedgerSettlement.ValidateAmounts(Amounts, Reservation);
        if (Reason is null)
        {
            throw new ArgumentException($"Adjustment {Id} of reservation {Reservation} has no reason.");
        }
    }
}
