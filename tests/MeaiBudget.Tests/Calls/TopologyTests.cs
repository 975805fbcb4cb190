using System.Net;
using MeaiBudget.Testing;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Time.Testing;

namespace MeaiBudget.Tests;

/// <summary>However layers are stacked, every attempt on the wire is admitted once by each budget on its path, settled once, and nothing stays open.</summary>
public sealed class TopologyTests
{
    private static readonly RetryOptions AtOnce = new()
    {
        MaxRetries = 2,
        BaseDelay = TimeSpan.Zero,
        MaxDelay = TimeSpan.Zero,
        RetryBudget = new RetryBudget(1, 1000),
    };

    public static TheoryData<bool> Modes => StreamModes.Both;

    private static HttpRequestException Failure(HttpStatusCode status = HttpStatusCode.TooManyRequests) => new("no", null, status);

    [Theory, MemberData(nameof(Modes))]
    public async Task ATenantsBudgetOverASharedPipelineGatesEachAttemptOnceInBoth(bool streaming)
    {
        var provider = new ScriptedChatClient();
        var tenant = new CountedBudget("tenant");
        var shared = new CountedBudget("shared");
        IChatClient pipeline = new ChatClientBuilder(provider).UseBudget(shared.Tracker).UseRetry(AtOnce).Build();
        using IChatClient client = new ChatClientBuilder(pipeline).UseBudget(tenant.Tracker).Build();
        provider.Enqueue(Failure());

        await client.AskAsync(streaming);

        Assert.Equal(2, provider.Calls.Count);
        Assert.Equal(2, tenant.Ledger.Admitted);
        Assert.Equal(1, tenant.Ledger.Settled);
        Assert.Equal(1, tenant.Ledger.Released);
        Assert.Equal(0, tenant.Ledger.Open);
        Assert.Equal(2, shared.Ledger.Admitted);
        Assert.Equal(1, shared.Ledger.Settled);
        Assert.Equal(0, shared.Ledger.Open);
        Assert.Equal(tenant.Ledger.SettledNanoDollars, shared.Ledger.SettledNanoDollars);
    }

    [Theory, MemberData(nameof(Modes))]
    public async Task WithFunctionInvocationBetweenThemEachIterationPassesBothBudgets(bool streaming)
    {
        var provider = new ScriptedChatClient();
        var tenant = new CountedBudget("tenant");
        var shared = new CountedBudget("shared");
        IChatClient pipeline = new ChatClientBuilder(provider).UseFunctionInvocation().UseBudget(shared.Tracker).Build();
        using IChatClient client = new ChatClientBuilder(pipeline).UseBudget(tenant.Tracker).Build();
        provider.Enqueue(ScriptedReply.ToolCall("look"), ScriptedReply.ToolCall("look"), ScriptedReply.Text("Done."));

        ChatResponse response = await client.AskAsync(streaming, options: new ChatOptions { Tools = [AIFunctionFactory.Create(() => "seen", "look")] });

        Assert.EndsWith("Done.", response.Text, StringComparison.Ordinal);
        Assert.Equal(3, provider.Calls.Count);
        tenant.AssertBalanced(provider);
        shared.AssertBalanced(provider);
    }

    [Theory, MemberData(nameof(Modes))]
    public async Task AToolsOwnPipelineIsACallOfItsOwnAndPaysNoneOfTheCallersGates(bool streaming)
    {
        var provider = new ScriptedChatClient();
        var toolProvider = new ScriptedChatClient();
        var outer = new CountedBudget("outer");
        var inner = new CountedBudget("inner");
        using IChatClient toolClient = new ChatClientBuilder(toolProvider).UseBudget(inner.Tracker).Build();
        AIFunction tool = AIFunctionFactory.Create(async () => (await toolClient.AskAsync(streaming)).Text, "ask");
        IChatClient pipeline = new ChatClientBuilder(provider).UseFunctionInvocation().UseBudget(outer.Tracker).Build();
        using IChatClient client = new ChatClientBuilder(pipeline).UseBudget(outer.Tracker).Build();
        provider.Enqueue(ScriptedReply.ToolCall("ask"), ScriptedReply.Text("Done."));

        await client.AskAsync(streaming, options: new ChatOptions { Tools = [tool] });

        outer.AssertBalanced(provider);
        inner.AssertBalanced(toolProvider);
        Assert.Single(toolProvider.Calls);
    }

    [Theory, MemberData(nameof(Modes))]
    public async Task TheSameClientReenteredFromAToolIsACallOfItsOwn(bool streaming)
    {
        var provider = new ScriptedChatClient();
        var budget = new CountedBudget("one");
        IChatClient? pipeline = null;
        AIFunction tool = AIFunctionFactory.Create(async () => (await pipeline!.AskAsync(streaming)).Text, "again");
        IChatClient shared = new ChatClientBuilder(provider).UseFunctionInvocation().UseBudget(budget.Tracker).Build();
        using (pipeline = new ChatClientBuilder(shared).UseBudget(budget.Tracker).Build())
        {
            provider.Enqueue(ScriptedReply.ToolCall("again"), ScriptedReply.Text("Inside."), ScriptedReply.Text("Done."));
            using ReceiptCapture capture = CallReceipts.Capture();

            await pipeline.AskAsync(streaming, options: new ChatOptions { Tools = [tool] });

            Assert.Equal(3, provider.Calls.Count);
            budget.AssertBalanced(provider);
            Assert.Equal(2, capture.Receipts.Count);
            Assert.Equal(capture.Receipts[1].CallId, capture.Receipts[0].ParentCallId);
        }
    }

    [Theory, MemberData(nameof(Modes))]
    public async Task AForeignMiddlewaresSideCallOnAnotherPipelineOpensItsOwn(bool streaming)
    {
        var provider = new ScriptedChatClient();
        var guardProvider = new ScriptedChatClient();
        var outer = new CountedBudget("outer");
        var inner = new CountedBudget("inner");
        var guard = new CountedBudget("guard");
        using IChatClient guardClient = new ChatClientBuilder(guardProvider).UseBudget(guard.Tracker).Build();
        IChatClient pipeline = new ChatClientBuilder(provider).UseBudget(inner.Tracker).Build();
        using IChatClient client = new ChatClientBuilder(pipeline)
            .UseBudget(outer.Tracker)
            .Use(async (messages, options, next, token) =>
            {
                await guardClient.AskAsync(streaming, cancellationToken: token);
                await next(messages, options, token);
            })
            .Build();

        await client.AskAsync(streaming);

        outer.AssertBalanced(provider);
        inner.AssertBalanced(provider);
        guard.AssertBalanced(guardProvider);
    }

    [Theory, MemberData(nameof(Modes))]
    public async Task CandidatesWithTheirOwnBudgetAndRetryPassTheOuterBudgetToo(bool streaming)
    {
        var first = new ScriptedChatClient { Default = ScriptedReply.Throw(Failure()) };
        ScriptedChatClient second = new ScriptedChatClient("other-model").Enqueue(Failure());
        var outer = new CountedBudget("outer");
        var firstOwn = new CountedBudget("first");
        var secondOwn = new CountedBudget("second");
        IChatClient firstClient = new ChatClientBuilder(first).UseBudget(firstOwn.Tracker).UseRetry(AtOnce).Build();
        IChatClient secondClient = new ChatClientBuilder(second).UseBudget(secondOwn.Tracker).UseRetry(AtOnce).Build();
        using IChatClient client = new ChatClientBuilder(firstClient).UseBudget(outer.Tracker).UseFallback(secondClient).Build();

        await client.AskAsync(streaming);

        Assert.Equal(3, first.Calls.Count);
        Assert.Equal(2, second.Calls.Count);
        Assert.Equal(5, outer.Ledger.Admitted);
        Assert.Equal(1, outer.Ledger.Settled);
        Assert.Equal(4, outer.Ledger.Released);
        Assert.Equal((3, 3, 0), (firstOwn.Ledger.Admitted, firstOwn.Ledger.Released, firstOwn.Ledger.Open));
        Assert.Equal((2, 1, 1, 0), (secondOwn.Ledger.Admitted, secondOwn.Ledger.Released, secondOwn.Ledger.Settled, secondOwn.Ledger.Open));
    }

    [Theory, MemberData(nameof(Modes))]
    public async Task TheSameTrackerTwiceOnOnePathGatesAnAttemptOnce(bool streaming)
    {
        var provider = new ScriptedChatClient();
        var budget = new CountedBudget("one");
        IChatClient pipeline = new ChatClientBuilder(provider).UseBudget(budget.Tracker).Build();
        using IChatClient client = new ChatClientBuilder(pipeline)
            .UseBudget(budget.Tracker)
            .Use(async (messages, options, next, token) => await next(messages, options, token))
            .UseBudget(budget.Tracker)
            .Build();

        await client.AskAsync(streaming);

        budget.AssertBalanced(provider);
    }

    [Theory, MemberData(nameof(Modes))]
    public async Task RetriesAboveAndBelowAFallbackNeverMultiply(bool streaming)
    {
        var first = new ScriptedChatClient { Default = ScriptedReply.Throw(Failure()) };
        var second = new ScriptedChatClient("other-model") { Default = ScriptedReply.Throw(Failure()) };
        var budget = new CountedBudget("one");
        using IChatClient client = new ChatClientBuilder(first)
            .UseBudget(budget.Tracker).UseRetry(AtOnce).UseFallback(second)
            .UseRetry(AtOnce, options => options.MaxRetries = 1)
            .Build();

        await Assert.ThrowsAsync<FallbackExhaustedException>(() => client.AskAsync(streaming));

        Assert.Equal(2, first.Calls.Count);
        Assert.Equal(3, second.Calls.Count);
        Assert.Equal((5, 5, 0), (budget.Ledger.Admitted, budget.Ledger.Released, budget.Ledger.Open));
    }

    [Theory, MemberData(nameof(Modes))]
    public async Task AnAlternateThatFailsOnceIsRetriedAndAnswers(bool streaming)
    {
        var first = new ScriptedChatClient { Default = ScriptedReply.Throw(Failure(HttpStatusCode.Unauthorized)) };
        ScriptedChatClient second = new ScriptedChatClient("other-model").Enqueue(Failure()).Enqueue("Second try.");
        var budget = new CountedBudget("one");
        using IChatClient client = new ChatClientBuilder(first).UseBudget(budget.Tracker).UseRetry(AtOnce).UseFallback(second).Build();

        Assert.Equal("Second try.", (await client.AskAsync(streaming)).Text);
        Assert.Equal((1, 2), (first.Calls.Count, second.Calls.Count));
        Assert.Equal((3, 2, 1, 0), (budget.Ledger.Admitted, budget.Ledger.Released, budget.Ledger.Settled, budget.Ledger.Open));
    }

    [Fact]
    public async Task AStreamThatStartsAfterItsRunHasEndedThrows()
    {
        var provider = new ScriptedChatClient();
        var budget = new CountedBudget("one");
        using IChatClient client = new ChatClientBuilder(provider).UseBudget(budget.Tracker).Build();
        IAsyncEnumerable<ChatResponseUpdate> stream;
        using (BudgetRun.Begin("short", 1m))
        {
            stream = client.GetStreamingResponseAsync("hello");
        }

        BudgetExceededException thrown = await Assert.ThrowsAsync<BudgetExceededException>(async () => await stream.ToChatResponseAsync());

        Assert.Equal(RefusalReason.RunEnded, thrown.Refusal.Reason);
        Assert.Empty(provider.Calls);
        Assert.Equal(0, budget.Ledger.Open);
    }

    [Fact]
    public async Task AStreamBelowFunctionInvocationKeepsItsRunThroughTheOptions()
    {
        var provider = new ScriptedChatClient();
        var budget = new CountedBudget("one");
        using IChatClient client = new ChatClientBuilder(provider).UseFunctionInvocation().UseBudget(budget.Tracker).Build();
        IAsyncEnumerable<ChatResponseUpdate> stream;
        using (var run = BudgetRun.Begin("short", 1m))
        {
            stream = client.GetStreamingResponseAsync("hello", new ChatOptions().WithBudgetRun(run));
        }

        await Assert.ThrowsAsync<BudgetExceededException>(async () => await stream.ToChatResponseAsync());
        Assert.Empty(provider.Calls);
    }

    [Theory, MemberData(nameof(Modes))]
    public async Task ALayerThatSuppressesTheFlowLeavesTheOuterBudgetChargedAfterwards(bool streaming)
    {
        var provider = new ScriptedChatClient();
        var outer = new CountedBudget("outer");
        var inner = new CountedBudget("inner");
        IChatClient pipeline = new ChatClientBuilder(provider).UseBudget(inner.Tracker).Build();
        using IChatClient client = new ChatClientBuilder(new FlowSuppressingChatClient(pipeline)).UseBudget(outer.Tracker).Build();

        await client.AskAsync(streaming);

        inner.AssertBalanced(provider);
        Assert.Equal(0, outer.Ledger.Open);
        Assert.Equal(inner.Ledger.SettledNanoDollars, outer.Ledger.SettledNanoDollars);
    }

    [Fact]
    public async Task ACallInTheBackgroundThatOutlivesItsParentIsACallOfItsOwn()
    {
        var provider = new ScriptedChatClient();
        var outer = new CountedBudget("outer");
        var inner = new CountedBudget("inner");
        var parentEnded = new TaskCompletionSource();
        Task? background = null;
        IChatClient pipeline = new ChatClientBuilder(provider).UseBudget(inner.Tracker).Build();
        using IChatClient client = new ChatClientBuilder(pipeline)
            .UseBudget(outer.Tracker)
            .Use(async (messages, options, next, token) =>
            {
                background = Task.Run(
                    async () =>
                    {
                        await parentEnded.Task;
                        await pipeline.GetResponseAsync("later", cancellationToken: CancellationToken.None);
                    },
                    CancellationToken.None);
                await next(messages, options, token);
            })
            .Build();

        await client.GetResponseAsync("now");
        parentEnded.SetResult();
        await background!;

        Assert.Equal(2, provider.Calls.Count);
        outer.AssertBalanced(attempts: 1);
        inner.AssertBalanced(attempts: 2);
    }

    [Fact]
    public async Task OneEnumerableEnumeratedTwiceIsTwoCalls()
    {
        var provider = new ScriptedChatClient();
        var budget = new CountedBudget("one");
        using IChatClient client = new ChatClientBuilder(provider).UseBudget(budget.Tracker).Build();
        IAsyncEnumerable<ChatResponseUpdate> stream = client.GetStreamingResponseAsync("hello");
        using ReceiptCapture capture = CallReceipts.Capture();

        await stream.ToChatResponseAsync();
        await stream.ToChatResponseAsync();

        budget.AssertBalanced(attempts: 2);
        Assert.Equal(2, provider.Calls.Count);
    }

    [Fact]
    public async Task AStreamAbandonedWithoutDisposeIsChargedWhenItsLeaseExpires()
    {
        var clock = new FakeTimeProvider(new DateTimeOffset(2026, 5, 5, 12, 0, 0, TimeSpan.Zero));
        var provider = new ScriptedChatClient();
        var budget = new CountedBudget("one", clock: clock);
        using IChatClient client = new BudgetChatClient(provider, budget.Tracker, null, new CallLayerSetup(clock, []));
        IAsyncEnumerator<ChatResponseUpdate> stream = client.GetStreamingResponseAsync("hello", new ChatOptions { MaxOutputTokens = 100 }).GetAsyncEnumerator();
        Assert.True(await stream.MoveNextAsync());
        Assert.Equal(1, budget.Ledger.Open);

        clock.Advance(TimeSpan.FromMinutes(30));

        BudgetStatus status = Assert.Single(await budget.Tracker.GetStatusAsync());
        Assert.Equal(0m, status.Held);
        Assert.True(status.Spent > 0m);
    }

    [Fact]
    public void ABudgetBelowAFallbackIsThePrimarysOwnAndNeedsBudgetedAlternates()
    {
        var budget = new CountedBudget("one");
        ChatClientBuilder builder = new ChatClientBuilder(new ScriptedChatClient())
            .UseFallback(new ScriptedChatClient("other-model")).UseBudget(budget.Tracker);

        PipelineException thrown = Assert.Throws<PipelineException>(() => builder.Build());

        Assert.Equal("MB006", thrown.Id);
    }

    [Theory, MemberData(nameof(Modes))]
    public async Task ABudgetBelowAFallbackGuardsThePrimaryAlone(bool streaming)
    {
        var first = new ScriptedChatClient { Default = ScriptedReply.Throw(Failure(HttpStatusCode.InternalServerError)) };
        var local = new ScriptedChatClient("other-model");
        var budget = new CountedBudget("one");
        using IChatClient client = new ChatClientBuilder(first)
            .UseFallback([new ChatRoute("local", local) { IsLocal = true }]).UseBudget(budget.Tracker).Build();

        await client.AskAsync(streaming);

        Assert.Equal((1, 1, 0, 0), (budget.Ledger.Admitted, budget.Ledger.Released, budget.Ledger.Settled, budget.Ledger.Open));
        Assert.Single(local.Calls);
    }

    [Fact]
    public void ARoutingClientBelowABudgetIsRefusedAtBuild()
    {
#pragma warning disable MEAI001 // The experimental client is what this rule is about.
        var routing = new OrderedFailoverChatClient([new ScriptedChatClient(), new ScriptedChatClient()]);
#pragma warning restore MEAI001
        ChatClientBuilder builder = new ChatClientBuilder(routing).UseBudget(new CountedBudget("one").Tracker);

        Assert.Equal("MB004", Assert.Throws<PipelineException>(() => builder.Build()).Id);
    }

    /// <summary>A layer of somebody else's that lets no execution context through.</summary>
    private sealed class FlowSuppressingChatClient(IChatClient inner) : DelegatingChatClient(inner)
    {
        public override Task<ChatResponse> GetResponseAsync(
            IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
        {
            using (ExecutionContext.SuppressFlow())
            {
                return Task.Run(() => base.GetResponseAsync(messages, options, cancellationToken), cancellationToken);
            }
        }

        public override async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
            IEnumerable<ChatMessage> messages,
            ChatOptions? options = null,
            [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            Task<List<ChatResponseUpdate>> all;
            using (ExecutionContext.SuppressFlow())
            {
                all = Task.Run(
                    async () =>
                    {
                        var updates = new List<ChatResponseUpdate>();
                        await foreach (ChatResponseUpdate update in base.GetStreamingResponseAsync(messages, options, cancellationToken))
                        {
                            updates.Add(update);
                        }

                        return updates;
                    },
                    cancellationToken);
            }

            foreach (ChatResponseUpdate update in await all)
            {
                yield return update;
            }
        }
    }
}
