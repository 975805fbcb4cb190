namespace MeaiBudget;

/// <summary>A history that the console reads, and what it turned out to be able to answer. Thread-safe.</summary>
/// <remarks>
/// A ledger on Redis keeps sums by the hour: it has no single calls, and its sums have no budgets and keys. What it cannot answer is empty
/// here, and the pages say so by <see cref="HasCalls"/> and <see cref="HasAccounts"/>. Both are true until a question showed otherwise.
/// </remarks>
internal sealed class ConsoleHistory(ISpendHistory history, string name)
{
    private volatile bool _hasNoCalls;
    private volatile bool _hasNoAccounts;
    private volatile bool _hasSummedAccounts;

    /// <summary>Gets a value indicating whether the history keeps single calls.</summary>
    public bool HasCalls => !_hasNoCalls;

    /// <summary>Gets a value indicating whether the history can sum by budget and key.</summary>
    public bool HasAccounts => !_hasNoAccounts;

    /// <summary>Gets a value indicating whether it is known if the history can sum by budget and key.</summary>
    public bool IsAccountsKnown => _hasNoAccounts || _hasSummedAccounts;

    /// <summary>Adds up attempts; nothing if the history has no budgets and keys and the query asks for them.</summary>
    /// <exception cref="SpendLedgerException">The store failed, or does not answer such queries.</exception>
    public async Task<IReadOnlyList<SpendRecord>> QueryAsync(SpendQuery query, CancellationToken cancellationToken)
    {
        bool asksForAccounts = query.GroupBy.Any(IsAccount) || query.Where.Keys.Any(IsAccount);
        if (asksForAccounts && _hasNoAccounts)
        {
            return [];
        }

        try
        {
            IReadOnlyList<SpendRecord> records = await history.QueryAsync(query, cancellationToken);
            _hasSummedAccounts |= asksForAccounts;
            return records;
        }
        catch (NotSupportedException) when (asksForAccounts)
        {
            _hasNoAccounts = true;
            return [];
        }
        catch (NotSupportedException exception)
        {
            throw new SpendLedgerException(name, "The history does not answer the query.", exception);
        }
    }

    /// <summary>Reads single calls; none if the history keeps sums only.</summary>
    /// <exception cref="SpendLedgerException">The store failed.</exception>
    public async Task<IReadOnlyList<SpendRecord>> ReadCallsAsync(SpendQuery query, CancellationToken cancellationToken)
    {
        if (_hasNoCalls)
        {
            return [];
        }

        try
        {
            return await history.ReadCallsAsync(query, cancellationToken);
        }
        catch (NotSupportedException)
        {
            _hasNoCalls = true;
            return [];
        }
    }

    private static bool IsAccount(string group) => group is "budget" or "key";
}
