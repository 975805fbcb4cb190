namespace MeaiBudget;

/// <summary>What a reservation cost.</summary>
public sealed record LedgerSettlement
{
    /// <summary>Gets the reservation.</summary>
    public required LedgerReservationId Id { get; init; }

    /// <summary>Gets the amount of each line, in the order of the reservation's lines and in their units, each zero or more.</summary>
    public required IReadOnlyList<long> Amounts { get; init; }

    /// <summary>Gets a value indicating whether the provider has not confirmed the amounts. A later settlement with confirmed amounts replaces them.</summary>
    public bool IsUnconfirmed { get; init; }

    /// <summary>
    /// Gets a value indicating whether the result must state each line's account before and after. If <see langword="false"/>, a
    /// ledger may return two empty lists.
    /// </summary>
    public bool WantsStates { get; init; } = true;

    /// <summary>
    /// Gets the reservation as it was admitted; <see langword="null"/> if the caller does not have it. With it the ledger can charge a
    /// settlement whose reservation it does not know, see <see cref="ISpendLedger.SettleAsync"/>.
    /// </summary>
    public LedgerReservation? Reservation { get; init; }

    /// <summary>Gets how the attempt ended, for ledgers with <see cref="ISpendLedger.KeepsRecords"/>; <see langword="null"/> for other ledgers.</summary>
    public LedgerSettlementInfo? Info { get; init; }

    /// <summary>Checks the arguments that every ledger rejects; a ledger calls this before it changes anything.</summary>
    /// <remarks>The number of amounts must be that of the reservation's lines; only the ledger knows it, and throws <see cref="ArgumentException"/> if it differs.</remarks>
    /// <exception cref="ArgumentException">The owner is <see langword="null"/>, an amount is negative, or <see cref="Reservation"/> does not match.</exception>
    public void Validate()
    {
        Id.Validate();
        ValidateAmounts(Amounts, Id);
        if (Reservation is not null)
        {
            if (Reservation.Id != Id)
            {
                throw new ArgumentException($"The settlement of {Id} carries another reservation, {Reservation.Id}.");
            }

            Reservation.Validate();
            if (Reservation.Lines.Count != Amounts.Count)
            {
                throw new ArgumentException($"Reservation {Id} has {Reservation.Lines.Count} lines, but {Amounts.Count} amounts were given. Give one amount for each line.");
            }
        }
    }

    internal static void ValidateAmounts(IReadOnlyList<long> amounts, LedgerReservationId id)
    {
        ArgumentNullException.ThrowIfNull(amounts);
        for (int i = 0; i < amounts.Count; i++)
        {
            if (amounts[i] < 0)
            {
                throw new ArgumentException($"The amount of line {i} of reservation {id} is negative: {amounts[i]}. An amount is a total, zero or more.");
            }
        }
    }
}
