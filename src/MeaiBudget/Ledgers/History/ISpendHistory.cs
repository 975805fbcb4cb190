namespace MeaiBudget;

/// <summary>Answers what was spent: sums of groups, and single attempts. Ledgers that keep records implement it.</summary>
/// <remarks>
/// Reports, status pages and bills ask nothing else. An attempt is in the history from its admission on. Refusals are written a moment
/// later, in the background, and are bounded: of each budget, key and reason, a tracker writes the first 10 in a minute as single
/// records, and one record with the number of the others at the end of the minute. If a tracker and a run record the same attempt in one
/// ledger, it counts once. All members are thread-safe.
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

    /// <summary>Adds records of single attempts that no reservation in this store describes: refusals, and attempts of another ledger.</summary>
    /// <remarks>
    /// They count in sums, and against no limit. Writing is idempotent: a record replaces one with the same <see cref="SpendRecord.Id"/>,
    /// unless that one is settled and the new one is not. Records of refusals are kept as long as others, the newest 1,000,000 at most.
    /// </remarks>
    /// <param name="records">The records, each with <see cref="SpendRecord.Id"/> and <see cref="SpendRecord.State"/>.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <returns>A task that completes when the records are stored.</returns>
    /// <exception cref="ArgumentException">A record has no id, or its state does not exist.</exception>
    /// <exception cref="NotSupportedException">The history cannot be written, for example because its tables have an older version.</exception>
    /// <exception cref="SpendLedgerException">The store fails. Some of the records may have been stored.</exception>
    ValueTask WriteAsync(IReadOnlyList<SpendRecord> records, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException($"{GetType().Name} cannot be written.");
}
