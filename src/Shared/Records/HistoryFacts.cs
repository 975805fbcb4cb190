namespace MeaiBudget;

/// <summary>What a history reads from a record that it is to write.</summary>
internal static class HistoryFacts
{
    private const decimal NanoDollarsInADollar = 1_000_000_000m;

    /// <summary>Returns the id, the description and the number of the state.</summary>
    /// <exception cref="ArgumentException">The record has no id, or its state does not exist.</exception>
    public static (LedgerReservationId Id, LedgerCallInfo Call, int State) Of(SpendRecord record, string[] states)
    {
        ArgumentNullException.ThrowIfNull(record);
        LedgerReservationId id = record.Id ?? throw new ArgumentException("A record of a sum cannot be written. Write records of single attempts, with their Id.");
        id.Validate();
        int state = Array.IndexOf(states, record.State);
        if (state < 0)
        {
            throw new ArgumentException($"The record of {id} has the state '{record.State}'. Use {string.Join(", ", states)}.");
        }

        return (id, record.Call ?? new LedgerCallInfo { At = record.First ?? record.SettledAt ?? DateTimeOffset.UnixEpoch }, state);
    }

    /// <summary>Returns an amount as nano-dollars, as far as they reach.</summary>
    public static long NanoDollars(decimal amount) =>
        amount >= long.MaxValue / NanoDollarsInADollar ? long.MaxValue : (long)decimal.Round(Math.Max(0, amount) * NanoDollarsInADollar);
}
