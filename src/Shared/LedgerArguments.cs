namespace MeaiBudget;

/// <summary>Rejects what no ledger can carry out, before anything is written.</summary>
internal static class LedgerArguments
{
    public static void Check(LedgerReservation reservation)
    {
        ArgumentNullException.ThrowIfNull(reservation);
        ArgumentNullException.ThrowIfNull(reservation.Lines);
        Check(reservation.Id);
        Check(reservation.Lease);
        for (var i = 0; i < reservation.Lines.Count; i++)
        {
            var line = reservation.Lines[i];
            ArgumentNullException.ThrowIfNull(line.Account, nameof(reservation));
            if (line.Amount < 0)
            {
                throw new ArgumentException($"Line {i} ('{line.Account}') reserves a negative amount.", nameof(reservation));
            }

            if (line.FirstPeriod > line.Period)
            {
                throw new ArgumentException($"Line {i} ('{line.Account}') begins to count after the period that it charges.", nameof(reservation));
            }

            for (var j = 0; j < i; j++)
            {
                if (string.Equals(reservation.Lines[j].Account, line.Account, StringComparison.Ordinal))
                {
                    throw new ArgumentException($"The account '{line.Account}' stands in two lines.", nameof(reservation));
                }
            }
        }
    }

    public static void Check(LedgerSettlement settlement)
    {
        ArgumentNullException.ThrowIfNull(settlement);
        Check(settlement.Id);
        CheckAmounts(settlement.Amounts, nameof(settlement));
    }

    public static void Check(LedgerAdjustment adjustment)
    {
        ArgumentNullException.ThrowIfNull(adjustment);
        ArgumentNullException.ThrowIfNull(adjustment.Reason, nameof(adjustment));
        Check(adjustment.Reservation);
        CheckAmounts(adjustment.Amounts, nameof(adjustment));
    }

    public static void Check(LedgerGrant grant)
    {
        ArgumentNullException.ThrowIfNull(grant);
        ArgumentNullException.ThrowIfNull(grant.Account, nameof(grant));
        ArgumentNullException.ThrowIfNull(grant.Reason, nameof(grant));
        if (grant.Amount <= 0)
        {
            throw new ArgumentException($"A grant to '{grant.Account}' must be more than zero.", nameof(grant));
        }
    }

    public static void Check(LedgerReservationId id)
    {
        if (id.Owner is null)
        {
            throw new ArgumentException("The reservation's owner is null.", nameof(id));
        }
    }

    public static void Check(TimeSpan lease)
    {
        if (lease <= TimeSpan.Zero)
        {
            throw new ArgumentOutOfRangeException(nameof(lease), lease, "A lease must be longer than zero.");
        }
    }

    public static void Check(IReadOnlyList<LedgerAccountQuery> accounts)
    {
        ArgumentNullException.ThrowIfNull(accounts);
        foreach (var query in accounts)
        {
            ArgumentNullException.ThrowIfNull(query.Account, nameof(accounts));
            if (query.FirstPeriod > query.Period)
            {
                throw new ArgumentException($"The query of '{query.Account}' begins after its last period.", nameof(accounts));
            }
        }
    }

    /// <summary>The reservation's own lines are known only to the ledger.</summary>
    public static ArgumentException WrongCount(LedgerReservationId id, int lines, int amounts) =>
        new($"Reservation {Describe(id)} has {lines} lines, but {amounts} amounts were given.", nameof(amounts));

    public static string Describe(LedgerReservationId id) => $"{id.CallId:D}/{id.Attempt} of '{id.Owner}'";

    private static void CheckAmounts(IReadOnlyList<long> amounts, string name)
    {
        ArgumentNullException.ThrowIfNull(amounts, name);
        foreach (var amount in amounts)
        {
            if (amount < 0)
            {
                throw new ArgumentException("An amount is negative; a new total is zero or more.", name);
            }
        }
    }
}
