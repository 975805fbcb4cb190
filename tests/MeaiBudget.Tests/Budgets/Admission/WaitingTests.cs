using MeaiBudget.Testing;
using Microsoft.Extensions.AI;

namespace MeaiBudget.Tests;

/// <summary>Calls that want what each other hold: all end, none waits for itself.</summary>
public sealed class WaitingTests
{
    private const int Hang = 60_000;

    private static readonly PriceCatalog TenCentsAThousand = PriceCatalog.Empty.With("scripted-model", ModelPrice.PerMillionTokens(0m, 100m));

    private static readonly ChatOptions TenCents = new() { MaxOutputTokens = 1_000 };

    public static TheoryData<bool> Modes => StreamModes.Both;

    private static CostTracker Tracker(string name, decimal limit, TimeSpan maxWait) =>
        new([Budget.Daily(name, limit) with { MaxWait = maxWait }], TenCentsAThousand);

    private static ScriptedReply Cheap => ScriptedReply.Text("Fine, thank you.").WithUsage(10, 1);

    [Theory(Timeout = Hang), MemberData(nameof(Modes))]
    public async Task TwoBudgetsTakenInOppositeOrdersByManyCallersBlockNobody(bool streaming)
    {
        // Each budget has room for one call. A call that held one while it waits for the other would block both.
        CostTracker one = Tracker("one", 0.15m, TimeSpan.FromMinutes(5));
        CostTracker other = Tracker("other", 0.15m, TimeSpan.FromMinutes(5));
        var provider = new ScriptedChatClient { Default = Cheap };
        using IChatClient forth = new ChatClientBuilder(provider).UseBudget(one).UseBudget(other).Build();
        using IChatClient back = new ChatClientBuilder(provider).UseBudget(other).UseBudget(one).Build();

        int[] refused = await Task.WhenAll(
            LedgerPipeline.RefusedOfAsync(forth, streaming, calls: 25),
            LedgerPipeline.RefusedOfAsync(back, streaming, calls: 25));

        Assert.Equal([0, 0], refused);
        Assert.Equal(50, provider.Calls.Count);
        foreach (CostTracker tracker in (CostTracker[])[one, other])
        {
            BudgetStatus status = Assert.Single(await tracker.GetStatusAsync());
            Assert.Equal((50 * 0.0001m, 0m), (status.Spent, status.Held));
        }
    }

    [Theory(Timeout = Hang), MemberData(nameof(Modes))]
    public async Task A5_ACallThatWaitsGetsItsTurnThoughTheLedgerCannotBeRead(bool streaming)
    {
        var ledger = new UnreliableLedger(new InMemorySpendLedger());
        var tracker = new CostTracker([Budget.Daily("day", 0.15m) with { MaxWait = TimeSpan.FromMinutes(5) }], TenCentsAThousand, ledger);
        var provider = new ScriptedChatClient { Default = Cheap };
        using IChatClient client = new ChatClientBuilder(provider).UseBudget(tracker).Build();
        SpendReservation holds = await tracker.ReserveAsync(new SpendRequest
        {
            CallId = Guid.NewGuid(),
            Attempt = 1,
            ModelId = "scripted-model",
            Estimate = new TokenEstimate(0, 0, TokenEstimateSource.Exact),
            OutputTokens = 1_000,
        });
        ledger.FailsReads = true;

        Task<ChatResponse> waiting = client.AskAsync(streaming, options: TenCents);
        Assert.False(waiting.IsCompleted);
        await tracker.ReleaseAsync(holds);

        Assert.Equal("Fine, thank you.", (await waiting).Text);
    }

    [Theory(Timeout = Hang), MemberData(nameof(Modes))]
    public async Task ACallerThatAsksAgainInsideItsOwnStreamIsRefusedAndNotBlocked(bool streaming)
    {
        CostTracker tracker = Tracker("day", 0.15m, TimeSpan.FromMilliseconds(50));
        var provider = new ScriptedChatClient { Default = Cheap };
        using IChatClient client = new ChatClientBuilder(provider).UseBudget(tracker).Build();
        int refused = 0;

        await foreach (ChatResponseUpdate update in client.GetStreamingResponseAsync("go", TenCents))
        {
            if (update.Text.Length > 0 && refused == 0)
            {
                BudgetExceededException thrown = await Assert.ThrowsAsync<BudgetExceededException>(() => client.AskAsync(streaming, options: TenCents));
                Assert.Equal(RefusalReason.Held, thrown.Refusal.Reason);
                refused++;
            }
        }

        Assert.Equal(1, refused);
        await client.AskAsync(streaming, options: TenCents);
        Assert.Equal(2, provider.Calls.Count);
        Assert.Equal(0m, Assert.Single(await tracker.GetStatusAsync()).Held);
    }

    [Theory(Timeout = Hang), MemberData(nameof(Modes))]
    public async Task ACallMadeInTheCourseOfAnotherDoesNotWaitForWhatThatOneHolds(bool streaming)
    {
        // The wait may take an hour. The call ends sooner because no call waits for its own parent.
        CostTracker tracker = Tracker("day", 0.15m, TimeSpan.FromHours(1));
        var tool = new ScriptedChatClient { Default = Cheap };
        using IChatClient inTool = new ChatClientBuilder(tool).UseBudget(tracker).Build();
        BudgetExceededException? refused = null;
        var provider = new ScriptedChatClient
        {
            Default = Cheap.Before(async (_, _) =>
                refused = await Assert.ThrowsAsync<BudgetExceededException>(() => inTool.AskAsync(streaming, options: TenCents))),
        };
        using IChatClient client = new ChatClientBuilder(provider).UseBudget(tracker).Build();

        ChatResponse response = await client.AskAsync(streaming, options: TenCents);

        Assert.Equal("Fine, thank you.", response.Text);
        Assert.Equal(RefusalReason.Held, refused?.Refusal.Reason);
        Assert.Empty(tool.Calls);
        await inTool.AskAsync(streaming, options: TenCents);
        Assert.Equal(0m, Assert.Single(await tracker.GetStatusAsync()).Held);
    }

    [Theory(Timeout = Hang), MemberData(nameof(Modes))]
    public async Task AToolThatFunctionInvocationRunsFindsItsCallersMoneySettled(bool streaming)
    {
        CostTracker tracker = Tracker("day", 0.15m, TimeSpan.FromHours(1));
        var tool = new ScriptedChatClient { Default = Cheap };
        using IChatClient inTool = new ChatClientBuilder(tool).UseBudget(tracker).Build();
        ScriptedChatClient provider = new ScriptedChatClient().Enqueue(ScriptedReply.ToolCall("ask").WithUsage(10, 1), Cheap);
        using IChatClient client = new ChatClientBuilder(provider).UseFunctionInvocation().UseBudget(tracker).Build();

        ChatResponse response = await client.AskAsync(streaming, options: new ChatOptions
        {
            MaxOutputTokens = 1_000,
            Tools = [AIFunctionFactory.Create(async () => (await inTool.AskAsync(streaming, options: TenCents)).Text, "ask")],
        });

        Assert.EndsWith("Fine, thank you.", response.Text, StringComparison.Ordinal);
        Assert.Single(tool.Calls);
        Assert.Equal((0.0003m, 0m), (Assert.Single(await tracker.GetStatusAsync()).Spent, Assert.Single(await tracker.GetStatusAsync()).Held));
    }
}
