using System.Collections.Concurrent;

namespace MeaiBudget;

/// <summary>The accounts of calls outside of runs in a ledger in memory: each has its own, which is needed until the call ends.</summary>
internal sealed class OutsideCalls(InMemorySpendLedger ledger)
{
    /// <summary>How many calls are remembered at once. The accounts of others are forgotten by their time.</summary>
    private const int MostCalls = 100_000;

    private readonly ConcurrentDictionary<Guid, List<(BudgetBook Book, string Key)>> _calls = new();

    public void Add(Guid callId, BudgetBook book, string key)
    {
        if (!_calls.TryGetValue(callId, out List<(BudgetBook Book, string Key)>? accounts))
        {
            if (_calls.Count >= MostCalls)
            {
                return;
            }

            accounts = _calls.GetOrAdd(callId, static _ => new(1));
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
        if (!_calls.TryRemove(callId, out List<(BudgetBook Book, string Key)>? accounts))
        {
            return;
        }

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
