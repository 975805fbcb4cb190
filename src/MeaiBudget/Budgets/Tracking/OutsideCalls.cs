using System.Collections.Concurrent;

namespace MeaiBudget;

/// <summary>The accounts of calls outside of runs in a ledger in memory: each has its own, which is needed until the call ends.</summary>
internal sealed class OutsideCalls(InMemorySpendLedger ledger)
{
    /// <summary>How many calls are remembered at once. The accounts of others are forgotten by their time.</summary>
    private const int MostCalls = 100_000;

    private readonly ConcurrentDictionary<Guid, List<(BudgetBook Book, string Key)>> _calls = new();

    // The dictionary's own count takes all of its locks.
    private int _count;

    public void Add(Guid callId, BudgetBook book, string key)
    {
        List<(BudgetBook Book, string Key)>? accounts;
        while (!_calls.TryGetValue(callId, out accounts))
        {
            if (Volatile.Read(ref _count) >= MostCalls)
            {
                return;
            }

            if (_calls.TryAdd(callId, new(1)))
            {
                Interlocked.Increment(ref _count);
            }
        }

        lock (accounts)
        {
            if (!accounts.Exists(known => ReferenceEquals(known.Book, book) && string.Equals(known.Key, key, StringComparison.Ordinal)))
            {
                accounts.Add((book, key));
            }
        }
    }

    public void End(Guid callId)
    {
        // Counted by the call itself, which ends after it was added.
        if (Volatile.Read(ref _count) == 0 || !_calls.TryRemove(callId, out List<(BudgetBook Book, string Key)>? accounts))
        {
            return;
        }

        Interlocked.Decrement(ref _count);
        lock (accounts)
        {
            foreach ((BudgetBook book, string key) in accounts)
            {
                for (BudgetUnit unit = BudgetUnit.Dollars; unit <= BudgetUnit.UnpricedTokens; unit++)
                {
                    ledger.Forget(book.Account(unit, key));
                    if (book.Budget.Enforcement == Enforcement.Observe)
                    {
                        ledger.Forget(book.Account(unit, key, isShadow: true));
                    }
                }
            }
        }
    }
}
