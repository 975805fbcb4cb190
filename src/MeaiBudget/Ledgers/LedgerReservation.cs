namespace MeaiBudget;

/// <summary>One atomic operation of a ledger: it holds the amount of every line, or of none.</summary>
public sealed record LedgerReservation
{
    /// <summary>Gets the id. A second reservation with the same id changes nothing and returns the first one's result.</summary>
    public required LedgerReservationId Id { get; init; }

    /// <summary>Gets the accounts to hold in, each at most once; may be empty.</summary>
    public required IReadOnlyList<LedgerLine> Lines { get; init; }

    /// <summary>Gets how long the reservation stays open without being renewed, more than zero. When the lease ends, the reservation is charged in full.</summary>
    public required TimeSpan Lease { get; init; }

    /// <summary>
    /// Gets a value indicating whether the result of an admission must state each line's account. If <see langword="false"/>, a
    /// ledger may return an empty list. A refusal always states them.
    /// </summary>
    public bool WantsStates { get; init; } = true;

    /// <summary>
    /// Gets when the reservation was first requested, by the ledger's clock; <see langword="null"/> if that is not known. A settlement
    /// that carries its reservation (<see cref="LedgerSettlement.Reservation"/>) states its age in this way.
    /// </summary>
    public DateTimeOffset? At { get; init; }

    /// <summary>
    /// Gets the version of the ledger's settings (<see cref="ISpendLedger.ReadSettingsAsync"/>) that the limits of the lines follow.
    /// If the ledger has another version, it reserves nothing and returns <see cref="LedgerReservationResult.SettingsChanged"/>.
    /// <see langword="null"/> skips the check.
    /// </summary>
    public long? SettingsVersion { get; init; }

    /// <summary>Gets a description of the attempt for ledgers with <see cref="ISpendLedger.KeepsRecords"/>; <see langword="null"/> for other ledgers.</summary>
    public LedgerCallInfo? Info { get; init; }

    /// <summary>Returns the reservation that charges a settlement whose reservation is unknown: no limit can refuse money that was spent.</summary>
    /// <param name="isReleased">True if it was released, so that nothing was held and all of the charge is overrun.</param>
    /// <returns>The reservation, without limits that can refuse it.</returns>
    public LedgerReservation ToCharge(bool isReleased) => this with
    {
        SettingsVersion = null,
        Lines = [.. Lines.Select(line => line with
        {
            Mode = line.Mode == LedgerLineMode.Enforce ? LedgerLineMode.Record : line.Mode,
            Amount = isReleased ? 0 : line.Amount,
        })],
    };

    /// <summary>Checks the arguments that every ledger rejects; a ledger calls this before it changes anything.</summary>
    /// <exception cref="ArgumentException">
    /// The owner or an account is <see langword="null"/>, the lease is not longer than zero, an amount is negative, a line's first
    /// period lies after its period, or two lines name the same account.
    /// </exception>
    public void Validate()
    {
        Id.Validate();
        ArgumentNullException.ThrowIfNull(Lines);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(Lease, TimeSpan.Zero);
        for (int i = 0; i < Lines.Count; i++)
        {
            LedgerLine line = Lines[i];
            if (line.Account is null)
            {
                throw new ArgumentException($"Line {i} of reservation {Id} has no account.");
            }

            if (line.Amount < 0)
            {
                throw new ArgumentException($"Line {i} ('{line.Account}') of reservation {Id} has a negative amount: {line.Amount}.");
            }

            if (line.FirstPeriod > line.Period)
            {
                throw new ArgumentException(
                    $"Line {i} ('{line.Account}') of reservation {Id}: FirstPeriod ({line.FirstPeriod}) must not lie after Period ({line.Period}).");
            }

            for (int j = 0; j < i; j++)
            {
                if (string.Equals(line.Account, Lines[j].Account, StringComparison.Ordinal))
                {
                    throw new ArgumentException($"Lines {j} and {i} of reservation {Id} name the same account '{line.Account}'. Add their amounts up in one line.");
                }
            }
        }
    }
}
