using System.Globalization;
using System.Text.Json.Serialization;

namespace MeaiBudget;

/// <summary>A correction of a settled reservation, or of an account in a period.</summary>
/// <remarks>
/// An adjustment of a reservation gives its new totals, which are charged into the reservation's own periods. An adjustment of an account
/// (<see cref="OfAccount"/>) adds a signed amount to the charge, for what is known by day and account only, such as the difference of a bill.
/// </remarks>
public sealed record LedgerAdjustment
{
    private const string OwnerOfAccounts = "account ";

    /// <summary>Gets the adjustment's id. Applying it again changes nothing.</summary>
    public required Guid Id { get; init; }

    /// <summary>Gets the settled reservation. For the adjustment of an account, an id that no reservation has.</summary>
    public required LedgerReservationId Reservation { get; init; }

    /// <summary>
    /// Gets the new total of each line, in the order of the reservation's lines and in their units, each zero or more. For the adjustment
    /// of an account, the one amount to add, which may be negative.
    /// </summary>
    public required IReadOnlyList<long> Amounts { get; init; }

    /// <summary>Gets who adjusted it and why, for the audit; no secret.</summary>
    public required string Reason { get; init; }

    /// <summary>Gets the account and the period to adjust; <see langword="null"/> for the adjustment of a reservation.</summary>
    [JsonIgnore]
    public LedgerAccountQuery? Account
    {
        get
        {
            // The pseudo-reservation has the adjustment's own id, which no call has.
            if (Reservation.CallId != Id || Reservation.Owner?.StartsWith(OwnerOfAccounts, StringComparison.Ordinal) != true)
            {
                return null;
            }

            string[] parts = Reservation.Owner[OwnerOfAccounts.Length..].Split(' ', 2);
            return parts.Length == 2 && long.TryParse(parts[0], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long period)
                ? new LedgerAccountQuery(parts[1], period, period)
                : null;
        }
    }

    /// <summary>Makes the adjustment of an account.</summary>
    /// <param name="id">The adjustment's id, for example a hash of the bill's line. Applying it again changes nothing.</param>
    /// <param name="account">The account.</param>
    /// <param name="period">The period index.</param>
    /// <param name="amount">The amount to add, in the account's unit; negative to lower the charge.</param>
    /// <param name="reason">Who adjusted it and why, for the audit; no secret.</param>
    /// <returns>The adjustment, for <see cref="ISpendLedger.AdjustAsync"/>.</returns>
    public static LedgerAdjustment OfAccount(Guid id, string account, long period, long amount, string reason)
    {
        ArgumentNullException.ThrowIfNull(account);
        return new()
        {
            Id = id,
            Reservation = new LedgerReservationId(id, 1, string.Create(CultureInfo.InvariantCulture, $"{OwnerOfAccounts}{period} {account}")),
            Amounts = [amount],
            Reason = reason,
        };
    }

    /// <summary>Checks the arguments that every ledger rejects; a ledger calls this before it changes anything.</summary>
    /// <remarks>The number of amounts must be that of the reservation's lines; only the ledger knows it, and throws <see cref="ArgumentException"/> if it differs.</remarks>
    /// <exception cref="ArgumentException">
    /// The owner or the reason is <see langword="null"/>, an amount of a reservation is negative, or an account has another number of
    /// amounts than one, or <see cref="long.MinValue"/>.
    /// </exception>
    public void Validate()
    {
        Reservation.Validate();
        if (Account is null)
        {
            LedgerSettlement.ValidateAmounts(Amounts, Reservation);
        }
        else if (Amounts is not [not long.MinValue])
        {
            throw new ArgumentException($"Adjustment {Id} of an account must have one amount above {long.MinValue}.");
        }

        if (Reason is null)
        {
            throw new ArgumentException($"Adjustment {Id} of reservation {Reservation} has no reason.");
        }
    }
}
