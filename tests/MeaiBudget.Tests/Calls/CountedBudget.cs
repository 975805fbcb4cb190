using MeaiBudget.Testing;

namespace MeaiBudget.Tests;

/// <summary>A tracker with a generous budget and a ledger that counts.</summary>
internal sealed class CountedBudget
{
    public CountedBudget(string name, decimal limit = 1000m, TimeProvider? clock = null)
    {
        Ledger = new CountingLedger(new InMemorySpendLedger(clock ?? TimeProvider.System));
        Tracker = new CostTracker(
            [Budget.Daily(name, limit)],
            PriceCatalog.Empty.With("scripted-model", ModelPrice.PerMillionTokens(1m, 2m)).With("other-model", ModelPrice.PerMillionTokens(1m, 2m)),
            Ledger,
            options => options.Name = name);
    }

    public CountingLedger Ledger { get; }

    public CostTracker Tracker { get; }

    /// <summary>Every attempt that reached a client was admitted once and settled once, and nothing is open.</summary>
    public void AssertBalanced(params ScriptedChatClient[] clients) => AssertBalanced(clients.Sum(client => client.Calls.Count));

    public void AssertBalanced(int attempts)
    {
        Assert.Equal(attempts, Ledger.Admitted - Ledger.Released);
        Assert.Equal(attempts, Ledger.Settled);
        Assert.Equal(0, Ledger.Open);
    }
}
