namespace MeaiBudget.Tool;

/// <summary>One attempt of a ledger, with the reservations of all its owners (a tracker and a run may record the same attempt).</summary>
/// <param name="Record">The record of the first owner, whose amount counts.</param>
/// <param name="All">The records of all owners.</param>
internal sealed record BookedAttempt(SpendRecord Record, IReadOnlyList<SpendRecord> All)
{
    /// <summary>Gets when the attempt ended, which is when providers book it; when it was admitted if it did not end.</summary>
    public DateTimeOffset BookedAt => Record.SettledAt ?? Record.Call!.At;

    /// <summary>Gets what the attempt was charged, in US dollars.</summary>
    public decimal Spent { get; } = All.Count == 1 ? Record.Spent : All.Where(one => BaseOwner(one) == BaseOwner(Record)).Sum(one => one.Spent);

    /// <summary>Gets a value indicating whether no provider has confirmed the charge.</summary>
    public bool IsUnconfirmed => Record.State is "unconfirmed" or "expired";

    /// <summary>Reads the attempts of a history in pages, the newest first.</summary>
    public static async IAsyncEnumerable<BookedAttempt> ReadAsync(
        ISpendHistory history, DateTimeOffset from, DateTimeOffset to, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // A larger page takes more memory, and a smaller one more time.
        const int OfAPage = 1_000;
        var query = new SpendQuery { From = from, To = to, Take = OfAPage };
        var same = new List<SpendRecord>();
        Task<IReadOnlyList<SpendRecord>>? next = history.ReadCallsAsync(query, cancellationToken).AsTask();
        while (next is not null)
        {
            // The next page is read while this one is used. Its end is the last record's time, so that a store does not look at earlier pages.
            IReadOnlyList<SpendRecord> page = await next;
            query = page.Count < OfAPage ? query : query with { After = page[^1].Cursor, To = page[^1].Call!.At.AddTicks(1) };
            next = page.Count < OfAPage ? null : history.ReadCallsAsync(query, cancellationToken).AsTask();
            foreach (SpendRecord record in page)
            {
                if (same.Count > 0 && (same[0].Id!.Value.CallId, same[0].Id!.Value.Attempt) != (record.Id!.Value.CallId, record.Id.Value.Attempt))
                {
                    yield return Of(same);
                    same = [];
                }

                same.Add(record);
            }
        }

        if (same.Count > 0)
        {
            yield return Of(same);
        }
    }

    private static BookedAttempt Of(List<SpendRecord> same) => new(same.Count == 1 ? same[0] : same.MinBy(one => one.Id!.Value.Owner, StringComparer.Ordinal)!, same);

    // A reservation that was added to another has the same owner with a number.
    private static string BaseOwner(SpendRecord record) => record.Id!.Value.Owner.Split('#')[0];
}
