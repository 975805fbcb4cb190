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

    /// <summary>
    /// Streams whose output reservation is learned: one is cut because the budget cannot pay for more, one reserves more while it runs, and one
    /// is cut because an operator stops the budget.
    /// </summary>
    public static async Task ReserveWhileStreamsRunAsync(ISpendLedger ledger)
    {
        const decimal Token = 0.0001m;
        PriceCatalog prices = PriceCatalog.Empty.With("scripted-model", ModelPrice.PerMillionTokens(0m, 100m), new ModelLimits(128_000, 16_384, false));
        var provider = new ScriptedChatClient();
        var options = new BudgetOptions { OutputReservation = OutputReservation.Learned };
        using (var teaching = new BudgetChatClient(provider, new CostTracker([Budget.Daily("teach", null)], prices), options))
        {
            for (int i = 0; i < 25; i++)
            {
                provider.Enqueue(Answer(100));
                await ReadAsync(teaching);
            }
        }

        var events = new Refusals();
        var tracker = new CostTracker([Budget.Daily("large", 10m) with { MaxWait = TimeSpan.Zero }], prices, ledger);
        var small = new CostTracker([Budget.Daily("small", 200 * Token) with { MaxWait = TimeSpan.Zero }], prices, ledger, tracking => tracking.Observers.Add(events));
        using var client = new BudgetChatClient(provider, tracker, options);
        using var poor = new BudgetChatClient(provider, small, options);
        using ReceiptCapture capture = CallReceipts.Capture();

        // Each update takes as long as an answer of the ledger, so that steps are answered while the stream runs.
        provider.Enqueue(Answer(900).BeforeEachUpdate(async (_, _, token) => await small.GetStatusAsync(cancellationToken: token)));
        Assert.Equal(MeaiBudgetFinishReasons.BudgetReached, await ReadAsync(poor));
        provider.Enqueue(Answer(700).BeforeEachUpdate(async (_, _, token) => await tracker.GetStatusAsync(cancellationToken: token)));
        Assert.Equal(ChatFinishReason.Stop, await ReadAsync(client));
        provider.Enqueue(Answer(16_000).BeforeEachUpdate(async (_, update, token) =>
        {
            if (update < 50)
            {
                await tracker.GetStatusAsync(cancellationToken: token);
            }
            else if (update == 50)
            {
                await tracker.StopAsync("large", null, "Ada: a test", token);
            }
        }));
        Assert.Equal(MeaiBudgetFinishReasons.BudgetReached, await ReadAsync(client));

        AttemptReceipt[] attempts = [.. capture.Receipts.Select(receipt => Assert.Single(receipt.Attempts))];
        Assert.InRange(attempts[0].ReservedOutputTokens!.Value, 150, 200);
        Assert.Equal((700, 0m, null), (attempts[1].Usage.OutputTokens, attempts[1].Overrun, attempts[1].Refusal));
        Assert.InRange(attempts[1].ReservedOutputTokens!.Value, 700, 16_384);
        Assert.Equal(("small", "large", RefusalReason.Stopped), (attempts[0].Refusal?.Budget, attempts[2].Refusal?.Budget, attempts[2].Refusal?.Reason));
        Assert.InRange(attempts[2].Usage.OutputTokens, 50, 15_000);
        Assert.Equal(1, events.Count);
        BudgetStatus status = Assert.Single(await tracker.GetStatusAsync());
        BudgetStatus spent = Assert.Single(await small.GetStatusAsync());
        Assert.Equal((attempts[1].Cost.Amount + attempts[2].Cost.Amount, 0m), (status.Spent, status.Held));
        Assert.Equal((attempts[0].Cost.Amount, 0m, attempts[0].Overrun), (spent.Spent, spent.Held, spent.Overrun));
    }

    private sealed class Refusals : ICallObserver
    {
        private int _count;

        public int Count => Volatile.Read(ref _count);

        public void OnBudget(BudgetEvent budgetEvent)
        {
            if (budgetEvent.Kind == BudgetEventKind.Refused)
            {
                Interlocked.Increment(ref _count);
            }
        }
    }

    private static ScriptedReply Answer(int words) => ScriptedReply.Text(string.Join(' ', Enumerable.Repeat("word", words))).WithUsage(10, words);

    private static async Task<ChatFinishReason?> ReadAsync(IChatClient client)
    {
        ChatFinishReason? reason = null;
        await foreach (ChatResponseUpdate update in client.GetStreamingResponseAsync("ask", cancellationToken: TestContext.Current.CancellationToken))
        {
            reason = update.FinishReason ?? reason;
        }

        return reason;
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
