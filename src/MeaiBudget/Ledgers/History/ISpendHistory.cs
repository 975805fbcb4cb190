namespace MeaiBudget;

/// <summary>Answers what was spent: sums of groups, and single attempts. Ledgers that keep records implement it.</summary>
/// <remarks>
/// Reports, status pages and bills ask nothing else. An attempt is in the history from its admission on; refused requests are not. If a
/// tracker and a run record the same attempt in one ledger, it counts once. All members are thread-safe.
/// </remarks>
public interface ISpendHistory
{
    /// <summary>Adds up attempts by the groups of a query.</summary>
    /// <param name="query">The query.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <returns>
    /// A record for each group, in the order of the query and at most <see cref="SpendQuery.Take"/>; one record for everything without
    /// groups. <see cref="SpendRecord.Cursor"/> of the last one continues.
    /// </returns>
    /// <exception cref="ArgumentException">The query names a group or a filter that does not exist.</exception>
    /// <exception cref="SpendLedgerException">The store fails.</exception>
    ValueTask<IReadOnlyList<SpendRecord>> QueryAsync(SpendQuery query, CancellationToken cancellationToken = default);

    /// <summary>Reads single attempts, the newest first.</summary>
    /// <param name="query">The query. Its groups and order are not used.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <returns>A record for each attempt and owner, at most <see cref="SpendQuery.Take"/>. <see cref="SpendRecord.Cursor"/> of the last one continues.</returns>
    /// <exception cref="ArgumentException">The query names a filter that does not exist.</exception>
    /// <exception cref="SpendLedgerException">The store fails.</exception>
    ValueTask<IReadOnlyList<SpendRecord>> ReadCallsAsync(SpendQuery query, CancellationToken cancellationToken = default);
}
