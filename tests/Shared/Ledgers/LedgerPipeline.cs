using MeaiBudget.Testing;
using Microsoft.Extensions.AI;

namespace MeaiBudget.Tests;

/// <summary>Many calls at once through the whole pipeline, on any ledger.</summary>
internal static class LedgerPipeline
{
    /// <summary>A thousand calls of exactly ten cents against a dollar: exactly ten reach the provider.</summary>
    public static async Task SendExactlyTenOfAThousandAsync(bool streaming, ISpendLedger? ledger)
    {
        var provider = new ScriptedChatClient { Default = ScriptedReply.Text("Fine.").WithUsage(10, 1_000) };
        PriceCatalog prices = PriceCatalog.Empty.With("scripted-model", ModelPrice.PerMillionTokens(0m, 100m));
        var tracker = new CostTracker([Budget.Daily("day", 1m)], prices, ledger);
        using IChatClient client = new ChatClientBuilder(provider).UseBudget(tracker).Build();

        int refused = await RefusedOfAsync(client, streaming, calls: 1_000);

        Assert.Equal(10, provider.Calls.Count);
        Assert.Equal(990, refused);
        BudgetStatus status = Assert.Single(await tracker.GetStatusAsync());
        Assert.Equal((1m, 0m), (status.Spent, status.Held));
    }

    /// <summary>Fifty calls that each reserve a dollar of five and cost a cent: they wait for each other, and all succeed.</summary>
    public static async Task ServeAllFiftyAsync(bool streaming, ISpendLedger? ledger)
    {
        var provider = new ScriptedChatClient { Default = ScriptedReply.Text("Fine.").WithUsage(10, 100) };
        PriceCatalog prices = PriceCatalog.Empty.With("scripted-model", ModelPrice.PerMillionTokens(0m, 1_000_000m / 16_384));
        var tracker = new CostTracker([Budget.Daily("day", 5m) with { MaxWait = TimeSpan.FromMinutes(1) }], prices, ledger);
        using IChatClient client = new ChatClientBuilder(provider).UseBudget(tracker).Build();

        Assert.Equal(0, await RefusedOfAsync(client, streaming, calls: 50, maxOutputTokens: null));

        Assert.Equal(50, provider.Calls.Count);
        Assert.Equal(0m, Assert.Single(await tracker.GetStatusAsync()).Held);
    }

    /// <summary>Starts calls behind a barrier, and counts those that a budget refused.</summary>
    public static async Task<int> RefusedOfAsync(IChatClient client, bool streaming, int calls, int? maxOutputTokens = 1_000)
    {
        int refused = 0;
        var barrier = new TaskCompletionSource();
        Task[] all = [.. Enumerable.Range(0, calls).Select(_ => Task.Run(async () =>
        {
            await barrier.Task;
            try
            {
                await client.AskAsync(streaming, options: new ChatOptions { MaxOutputTokens = maxOutputTokens });
            }
            catch (BudgetExceededException)
            {
                Interlocked.Increment(ref refused);
            }
        }))];
        barrier.SetResult();
        await Task.WhenAll(all);
        return refused;
    }
}
