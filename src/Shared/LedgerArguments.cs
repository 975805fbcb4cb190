namespace MeaiBudget;

/// <summary>Checks of arguments that both stores make.</summary>
internal static class LedgerArguments
{
    public static void Check(IReadOnlyList<LedgerAccountQuery> accounts)
    {
        ArgumentNullException.ThrowIfNull(accounts);
        foreach (LedgerAccountQuery query in accounts)
        {
            query.Validate();
        }
    }

    /// <summary>Creates the exception for amounts that do not match the reservation's lines, which only the store knows.</summary>
    public static ArgumentException WrongCount(LedgerReservationId id, int lines, int amounts) =>
        new($"Reservation {id} has {lines} lines, but {amounts} amounts were given. Give one amount for each line.");
}
