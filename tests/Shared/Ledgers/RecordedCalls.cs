using System.Net;
using MeaiBudget.Testing;
using Microsoft.Extensions.AI;

namespace MeaiBudget.Tests;

/// <summary>What a history answers about calls that a pipeline made: who was refused and why, what fell back, and which prices were used.</summary>
internal static class RecordedCalls
{
    /// <summary>Makes calls of two tenants, and asks the history about them.</summary>
    public static async Task AnswerWhoWasRefusedAndWhatFellBackAsync(ISpendLedger ledger, ISpendHistory history, Action<CostTrackerOptions>? configure = null)
    {
        var cloud = new ScriptedChatClient("gpt-4o", "openai") { Default = ScriptedReply.Text("Fine.").WithUsage(1_000, 100) };
        var local = new ScriptedChatClient("qwen3:8b", "ollama", new Uri("http://localhost:11434")) { Default = ScriptedReply.Text("Local.").WithUsage(1_000, 100) };
        var tracker = new CostTracker([Budget.Daily("tenants", 0.004m).PerTag("tenant")], ledger: ledger, configure: configure);
        IChatClient guarded = new ChatClientBuilder(cloud).UseBudget(tracker).Build();
        using IChatClient client = new ChatClientBuilder(cloud).UseBudget(tracker)
            .UseFallback([new ChatRoute("local", local) { IsLocal = true }]).Build();
        DateTimeOffset before = ledger.Clock.GetUtcNow();

        // Alice's budget pays one call. Then she gets the local model, and without one she is refused. Bob's provider fails once.
        await AskAsync(client, "alice");
        await AskAsync(client, "alice");
        await Assert.ThrowsAsync<BudgetExceededException>(() => AskAsync(guarded, "alice"));
        cloud.Enqueue(new HttpRequestException("no", null, HttpStatusCode.TooManyRequests));
        await AskAsync(client, "bob");

        var query = new SpendQuery { From = before, To = ledger.Clock.GetUtcNow().AddSeconds(1) };
        await UntilAsync(async () => (await history.QueryAsync(query)) is [{ Refused: 2, Attempts: 4 }]);

        IReadOnlyList<SpendRecord> refused = await history.ReadCallsAsync(query with { Where = Filter(("outcome", "refused"), ("tag:tenant", "alice")) });
        Assert.Equal(2, refused.Count);
        Assert.All(refused, record =>
        {
            Assert.Equal(("tenants", "alice", RefusalReason.Spent, 0.004m), (record.Refusal!.Budget, record.Refusal.Key, record.Refusal.Reason, record.Refusal.Limit));
            Assert.True(record.Refusal.Wanted > record.Refusal.Limit - record.Refusal.Spent - record.Refusal.Held);
            Assert.Equal(("gpt-4o", "refused", 0L, 1L), (record.Call!.ModelId, record.State, record.Attempts, record.Refused));
        });
        Assert.Equal(2, (await history.ReadCallsAsync(query with { Where = Filter(("budget", "tenants"), ("key", "alice"), ("outcome", "refused")) })).Count);
        Assert.Empty(await history.ReadCallsAsync(query with { Where = Filter(("budget", "tenants"), ("key", "bob"), ("outcome", "refused")) }));

        IReadOnlyList<SpendRecord> fellBack = await history.QueryAsync(query with { Where = Filter(("fallback", "yes"), ("free", "yes")), GroupBy = ["from", "route", "tag:tenant", "cause"], OrderBy = "group" });
        Assert.Equal(
            ["openai/gpt-4o|local|alice|refused by budget 'tenants' (Spent)", "openai/gpt-4o|local|bob|RateLimited (HTTP 429)"],
            fellBack.Select(sum => string.Join('|', sum.Group)).Order(StringComparer.Ordinal));

        SpendRecord priced = Assert.Single(await history.QueryAsync(query with { Where = Filter(("model", "gpt-4o"), ("outcome", "ok")), GroupBy = ["day", "model", "tier", "price"] }));
        Assert.Equal($"{PriceCatalog.Default.Digest}:openai/gpt-4o", priced.Group[3]);
        Assert.Equal((1L, 0.0035m), (priced.Attempts, priced.Spent));
        guarded.Dispose();
    }

    private static Task<ChatResponse> AskAsync(IChatClient client, string tenant) => client.GetResponseAsync(
        new string('x', 3_000), new ChatOptions { MaxOutputTokens = 100, AdditionalProperties = new() { ["tenant"] = tenant } });

    private static Dictionary<string, string> Filter(params (string Name, string Value)[] filters) => filters.ToDictionary(filter => filter.Name, filter => filter.Value);

    /// <summary>Asks until what is written in the background is there.</summary>
    private static async Task UntilAsync(Func<Task<bool>> isTrue)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20), TimeProvider.System);
        while (!await isTrue())
        {
            limit.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }
}
