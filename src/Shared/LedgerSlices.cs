namespace MeaiBudget;

/// <summary>The rules for the arguments of <see cref="ISpendLedger.ExchangeAsync"/>, the same in every ledger.</summary>
internal static class LedgerSlices
{
    /// <summary>How long the slices of an account return what they do not need, after another one got too little.</summary>
    public static readonly TimeSpan WantedFor = TimeSpan.FromSeconds(2);

    /// <summary>Checks the slices of an exchange; a ledger calls this before it changes anything.</summary>
    /// <param name="slices">The slices.</param>
    /// <exception cref="ArgumentException">A slice is invalid, has no reservation or not one line, or two slices have the same id.</exception>
    public static void Check(IReadOnlyList<LedgerSettlement> slices)
    {
        ArgumentNullException.ThrowIfNull(slices);
        HashSet<LedgerReservationId>? ids = slices.Count > 1 ? new(slices.Count) : null;
        foreach (LedgerSettlement slice in slices)
        {
            ArgumentNullException.ThrowIfNull(slice, nameof(slices));
            slice.Validate();
            if (slice.Reservation is not { Lines.Count: 1 })
            {
                throw new ArgumentException($"The slice {slice.Id} needs a reservation with one line.", nameof(slices));
            }

            if (ids?.Add(slice.Id) == false)
            {
                throw new ArgumentException($"The exchange names the slice {slice.Id} twice.", nameof(slices));
            }
        }
    }
}
