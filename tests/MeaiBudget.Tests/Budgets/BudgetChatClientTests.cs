using System.Net;
using MeaiBudget.Testing;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.Caching.Memory;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using NSubstitute;

namespace MeaiBudget.Tests;

public sealed class BudgetChatClientTests
{
    /// <summary>100 dollars a million output tokens, input free: 1,000 output tokens are exactly ten cents.</summary>
    private static readonly PriceCatalog TenCentsAThousand = PriceCatalog.Empty.With("scripted-model", ModelPrice.PerMillionTokens(0m, 100m));

    public static TheoryData<bool> Modes => StreamModes.Both;

    private static ScriptedReply Costing(long outputTokens) => ScriptedReply.Text("Fine.").WithUsage(10, outputTokens);

    private static CostTracker Tracker(Budget budget, PriceCatalog? prices = null, ISpendLedger? ledger = null) =>
        new([budget], prices ?? TenCentsAThousand, ledger);

    private static async Task<BudgetStatus> StatusAsync(CostTracker tracker) => Assert.Single(await tracker.GetStatusAsync());

    [Theory, MemberData(nameof(Modes))]
    public async Task A1_ParallelCallsNeverOvershootTheRunBudget(bool streaming)
    {
        var provider = new ScriptedChatClient { Default = Costing(1_000) };
        CostTracker tracker = Tracker(Budget.Daily("day", null));
        using IChatClient client = new ChatClientBuilder(provider).UseBudget(tracker).Build();
        using var run = BudgetRun.Begin("hundred", 1m, tracker);

        int refused = await LedgerPipeline.RefusedOfAsync(client, streaming, calls: 100);

        Assert.Equal(10, provider.Calls.Count);
        Assert.Equal(90, refused);
        Assert.Equal(1m, run.Spent);
        Assert.Equal(0m, run.Held);
    }

    [Theory, MemberData(nameof(Modes))]
    public Task A12_AThousandCallsAtOnceOfTenCentsAgainstADollarSendExactlyTen(bool streaming) => LedgerPipeline.SendExactlyTenOfAThousandAsync(streaming, ledger: null);

    [Theory, MemberData(nameof(Modes))]
    public Task CallsThatReserveADollarAndCostACentAllSucceedByWaitingForEachOther(bool streaming) => LedgerPipeline.ServeAllFiftyAsync(streaming, ledger: null);

    [Theory, MemberData(nameof(Modes))]
    public async Task A7_TheOutputIsLoweredToWhatTheBudgetCanPayAndTheProviderIsTold(bool streaming)
    {
        var provider = new ScriptedChatClient { Default = Costing(10) };
        CostTracker tracker = Tracker(Budget.Daily("day", 0.20m));
        using IChatClient client = new ChatClientBuilder(provider).UseBudget(tracker).Build();
        var options = new ChatOptions { Temperature = 0.5f };

        await client.AskAsync(streaming, options: options);

        Assert.Equal(2_000, Assert.Single(provider.Calls).Options!.MaxOutputTokens);
        Assert.Null(options.MaxOutputTokens);
    }

    [Theory, MemberData(nameof(Modes))]
    public async Task A7_AnAnswerBelowTheFloorIsRefusedAndNotShortened(bool streaming)
    {
        var provider = new ScriptedChatClient();
        CostTracker tracker = Tracker(Budget.Daily("day", 0.10m));
        using IChatClient client = new ChatClientBuilder(provider).UseBudget(tracker).Build();

        BudgetExceededException thrown = await Assert.ThrowsAsync<BudgetExceededException>(() => client.AskAsync(streaming));

        Assert.Equal(RefusalReason.Spent, thrown.Refusal.Reason);
        Assert.Equal("day", thrown.Refusal.Budget);
        Assert.Contains("day", thrown.Message, StringComparison.Ordinal);
        Assert.Empty(provider.Calls);
    }

    [Theory, MemberData(nameof(Modes))]
    public async Task AnOutputThatTheCallerGaveIsReservedAsGivenAndNeverLowered(bool streaming)
    {
        var provider = new ScriptedChatClient();
        using IChatClient client = new ChatClientBuilder(provider).UseBudget(Tracker(Budget.Daily("day", 0.20m))).Build();

        await Assert.ThrowsAsync<BudgetExceededException>(() => client.AskAsync(streaming, options: new ChatOptions { MaxOutputTokens = 3_000 }));

        Assert.Empty(provider.Calls);
    }

    [Theory, MemberData(nameof(Modes))]
    public async Task A13_WhenTheBudgetIsSpentTheLocalModelStillAnswers(bool streaming)
    {
        var paid = new ScriptedChatClient { Default = Costing(1_000) };
        ScriptedChatClient local = new ScriptedChatClient("llama").Enqueue("From here.");
        using IChatClient client = new ChatClientBuilder(paid).UseBudget(Tracker(Budget.Daily("day", 0m)))
            .UseFallback([new ChatRoute("local", local) { IsLocal = true }]).Build();

        ChatResponse response = await client.AskAsync(streaming);

        Assert.Equal("From here.", response.Text);
        Assert.Empty(paid.Calls);
    }

    [Theory, MemberData(nameof(Modes))]
    public async Task A4_AModelWithoutAKnownPriceIsRefusedByAnEnforcingBudget(bool streaming)
    {
        var provider = new ScriptedChatClient("never-heard-of");
        using IChatClient client = new ChatClientBuilder(provider).UseBudget(Tracker(Budget.Daily("day", 1m))).Build();

        BudgetExceededException thrown = await Assert.ThrowsAsync<BudgetExceededException>(() => client.AskAsync(streaming));

        Assert.Equal(RefusalReason.UnknownPrice, thrown.Refusal.Reason);
        Assert.Empty(provider.Calls);
    }

    [Theory, MemberData(nameof(Modes))]
    public async Task ObserveRefusesAndChangesNothing(bool streaming)
    {
        var provider = new ScriptedChatClient { Default = Costing(1_000) };
        CostTracker tracker = Tracker(Budget.Daily("day", 0.05m) with { Enforcement = Enforcement.Observe });
        using IChatClient client = new ChatClientBuilder(provider).UseBudget(tracker).Build();
        var options = new ChatOptions();

        await client.AskAsync(streaming, options: options);

        Assert.Same(options, Assert.Single(provider.Calls).Options);
        Assert.Equal(0.10m, (await StatusAsync(tracker)).Spent);
    }

    [Theory]
    [InlineData(HttpStatusCode.TooManyRequests)]
    [InlineData(HttpStatusCode.BadRequest)]
    [InlineData(HttpStatusCode.ServiceUnavailable)]
    [InlineData((HttpStatusCode)529)]
    [InlineData(HttpStatusCode.InternalServerError)]
    [InlineData(HttpStatusCode.BadGateway)]
    [InlineData((HttpStatusCode)521)]
    [InlineData((HttpStatusCode)523)]
    [InlineData((HttpStatusCode)526)]
    [InlineData((HttpStatusCode)530)]
    public async Task AnAttemptThatTheProviderRejectedCostsNothing(HttpStatusCode status)
    {
        ScriptedChatClient provider = new ScriptedChatClient().Enqueue(new HttpRequestException("no", null, status));
        CostTracker tracker = Tracker(Budget.Daily("day", 10m));
        using IChatClient client = new ChatClientBuilder(provider).UseBudget(tracker).Build();

        await Assert.ThrowsAsync<HttpRequestException>(() => client.AskAsync(streaming: false));

        BudgetStatus budget = await StatusAsync(tracker);
        Assert.Equal((0m, 0m), (budget.Spent, budget.Held));
    }

    [Theory]
    [InlineData(408)]
    [InlineData(460)]
    [InlineData(499)]
    [InlineData(504)]
    [InlineData(520)]
    [InlineData(522)]
    [InlineData(524)]
    [InlineData(527)]
    [InlineData(598)]
    public async Task F9_AnAnswerThatAProxyLostIsChargedInDoubt(int status)
    {
        ScriptedChatClient provider = new ScriptedChatClient().Enqueue(new HttpRequestException("lost", null, (HttpStatusCode)status));
        CostTracker tracker = Tracker(Budget.Daily("day", 10m));
        using IChatClient client = new ChatClientBuilder(provider).UseBudget(tracker).Build();

        await Assert.ThrowsAsync<HttpRequestException>(() => client.AskAsync(streaming: false, options: new ChatOptions { MaxOutputTokens = 1_000 }));

        BudgetStatus budget = await StatusAsync(tracker);
        Assert.Equal((0.10m, 0.10m, 0m), (budget.Spent, budget.Unconfirmed, budget.Held));
    }

    [Fact]
    public async Task F9_ATimeoutIsChargedInDoubtAndNeverRefunded()
    {
        ScriptedChatClient provider = new ScriptedChatClient().Enqueue(new TaskCanceledException("slow", new TimeoutException()));
        CostTracker tracker = Tracker(Budget.Daily("day", 10m));
        using IChatClient client = new ChatClientBuilder(provider).UseBudget(tracker).Build();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
            client.AskAsync(streaming: false, options: new ChatOptions { MaxOutputTokens = 1_000 }));

        BudgetStatus budget = await StatusAsync(tracker);
        Assert.Equal((0.10m, 0.10m, 0m), (budget.Spent, budget.Unconfirmed, budget.Held));
    }

    [Fact]
    public async Task E1_AStreamThatTheCallerLeavesIsChargedForInputAndWhatWasReceived()
    {
        ScriptedChatClient provider = new ScriptedChatClient().Enqueue("one two three four five six");
        CostTracker tracker = Tracker(Budget.Daily("day", 10m), PriceCatalog.Empty.With("scripted-model", ModelPrice.PerMillionTokens(1m, 100m)));
        using IChatClient client = new ChatClientBuilder(provider).UseBudget(tracker).Build();
        using ReceiptCapture capture = CallReceipts.Capture();

        await foreach (ChatResponseUpdate update in client.GetStreamingResponseAsync("hello"))
        {
            Assert.NotEmpty(update.Text);
            break;
        }

        AttemptReceipt attempt = Assert.Single(Assert.Single(capture.Receipts).Attempts);
        Assert.Equal(AttemptOutcome.Cancelled, attempt.Outcome);
        Assert.True(attempt.IsUnconfirmed && attempt.Usage.IsEstimated);
        Assert.InRange(attempt.Usage.OutputTokens, 1, 2);
        BudgetStatus budget = await StatusAsync(tracker);
        Assert.Equal(attempt.Cost.Amount, budget.Spent);
        Assert.Equal(0m, budget.Held);
    }

    [Fact]
    public async Task AStreamThatBreaksAfterContentEndsWithWhatWasReceivedAndIsCharged()
    {
        ScriptedChatClient provider = new ScriptedChatClient().Enqueue(ScriptedReply.Text("one two three").ThrowAfterUpdates(2, new HttpIOException(HttpRequestError.ResponseEnded)));
        var alternate = new ScriptedChatClient("other");
        CostTracker tracker = Tracker(Budget.Daily("day", 10m));
        using IChatClient client = new ChatClientBuilder(provider).UseBudget(tracker).UseRetry().UseFallback(alternate).Build();

        ChatStreamInterruptedException thrown = await Assert.ThrowsAsync<ChatStreamInterruptedException>(() => client.AskAsync(streaming: true));

        Assert.Equal("one two", thrown.Received.Text.TrimEnd());
        Assert.Empty(alternate.Calls);
        Assert.True((await StatusAsync(tracker)).Spent > 0m);
    }

    [Fact]
    public async Task E12_AStreamWhoseUpdatesCutWordsIsCutByTheTokensOfItsText()
    {
        // Pieces that end within words have more tokens than the text, which is within the limit and its grace.
        string text = string.Join(' ', Enumerable.Repeat("word", 370));
        var provider = new ScriptedChatClient { Default = ScriptedReply.Stream([.. text.Select(letter => new ChatResponseUpdate(ChatRole.Assistant, letter.ToString()))]) };
        using IChatClient client = new ChatClientBuilder(provider).UseBudget(Tracker(Budget.Daily("day", 10m))).Build();

        ChatResponse response = await client.AskAsync(streaming: true, options: new ChatOptions { MaxOutputTokens = 400 });

        Assert.Equal(text, response.Text);
    }

    [Fact]
    public async Task E12_AStreamIsCutAtTheOutputThatWasReserved()
    {
        string text = string.Join(' ', Enumerable.Repeat("word", 2_000));
        var provider = new ScriptedChatClient { Default = ScriptedReply.Text(text) };
        using IChatClient client = new ChatClientBuilder(provider).UseBudget(Tracker(Budget.Daily("day", 10m))).Build();
        using ReceiptCapture capture = CallReceipts.Capture();

        ChatResponse response = await client.AskAsync(streaming: true, options: new ChatOptions { MaxOutputTokens = 100 });

        Assert.Equal(MeaiBudgetFinishReasons.BudgetReached, response.FinishReason);
        Assert.InRange(response.Text.Split(' ').Length, 100, 130);
        Assert.Equal("budget_reached", Assert.Single(capture.Receipts).FinishReason);
    }

    [Theory, MemberData(nameof(Modes))]
    public async Task AReasoningModelThatIsSilentForTenMinutesKeepsItsReservation(bool streaming)
    {
        var clock = new FakeTimeProvider(new DateTimeOffset(2026, 5, 5, 12, 0, 0, TimeSpan.Zero));
        var gate = new TaskCompletionSource();
        var provider = new ScriptedChatClient { Default = Costing(10).WaitFor(gate.Task) };
        CostTracker tracker = Tracker(Budget.Daily("day", 10m), ledger: new InMemorySpendLedger(clock));
        using var client = new BudgetChatClient(provider, tracker, null, new CallLayerSetup(clock, []));

        Task<ChatResponse> call = client.AskAsync(streaming, options: new ChatOptions { MaxOutputTokens = 1_000 });
        for (int minute = 0; minute < 20; minute++)
        {
            clock.Advance(TimeSpan.FromSeconds(30));
        }

        Assert.Equal((0.10m, 0m), ((await StatusAsync(tracker)).Held, (await StatusAsync(tracker)).Spent));
        gate.SetResult();
        await call;
        Assert.Equal((0m, 0.001m), ((await StatusAsync(tracker)).Held, (await StatusAsync(tracker)).Spent));
    }

    [Theory, MemberData(nameof(Modes))]
    public async Task AnAttemptThatTakesLongerThanItMayIsGivenUp(bool streaming)
    {
        var clock = new FakeTimeProvider();
        var provider = new ScriptedChatClient { Default = ScriptedReply.Text("never").NeverAnswers() };
        CostTracker tracker = Tracker(Budget.Daily("day", 10m), ledger: new InMemorySpendLedger(clock));
        using var client = new BudgetChatClient(provider, tracker, null, new CallLayerSetup(clock, []));

        Task<ChatResponse> call = client.AskAsync(streaming, options: new ChatOptions { MaxOutputTokens = 1_000 });
        clock.Advance(TimeSpan.FromMinutes(16));

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        Assert.Equal(0m, (await StatusAsync(tracker)).Held);
    }

    [Theory, MemberData(nameof(Modes))]
    public async Task StopEndsAToolLoopWithWhatItHas(bool streaming)
    {
        var provider = new ScriptedChatClient { Default = ScriptedReply.ToolCall("look").WithUsage(10, 400) };
        CostTracker tracker = Tracker(Budget.Daily("day", 0.10m));
        using IChatClient client = new ChatClientBuilder(provider).UseFunctionInvocation()
            .UseBudget(tracker, options => options.ExceededBehavior = ExceededBehavior.Stop).Build();
        int looked = 0;

        ChatResponse response = await client.AskAsync(streaming, options: new ChatOptions
        {
            MaxOutputTokens = 500,
            Tools = [AIFunctionFactory.Create(() => ++looked, "look")],
        });

        Assert.Equal(2, looked);
        Assert.Equal(MeaiBudgetFinishReasons.BudgetExceeded, response.FinishReason);
        Assert.Equal(2, response.Messages.Count(message => message.Role == ChatRole.Tool));
        Assert.Equal(0.08m, (await StatusAsync(tracker)).Spent);
    }

    [Theory, MemberData(nameof(Modes))]
    public async Task WrapUpEndsAToolLoopInATextAnswerWithinTheRunsLimit(bool streaming)
    {
        PriceCatalog prices = PriceCatalog.Empty.With("scripted-model", ModelPrice.PerMillionTokens(0.5m, 10m));
        CostTracker tracker = Tracker(Budget.Daily("day", null), prices);
        var provider = new ScriptedChatClient
        {
            Default = ScriptedReply.Respond(call => call.Options?.ToolMode is NoneChatToolMode
                ? new ChatResponse(new ChatMessage(ChatRole.Assistant, "This is what I found.")) { FinishReason = ChatFinishReason.Stop, Usage = Usage(100, 200) }
                : new ChatResponse(new ChatMessage(ChatRole.Assistant, [new FunctionCallContent($"call{call.Index}", "look")]))
                {
                    FinishReason = ChatFinishReason.ToolCalls,
                    Usage = Usage(100, 900),
                }),
        };
        using IChatClient client = new ChatClientBuilder(provider).UseFunctionInvocation()
            .UseBudget(tracker, options => options.ExceededBehavior = ExceededBehavior.WrapUp).Build();
        using var run = BudgetRun.Begin("loop", 0.10m, tracker);
        int looked = 0;

        ChatResponse response = await client.AskAsync(streaming, options: new ChatOptions
        {
            MaxOutputTokens = 1_000,
            Tools = [AIFunctionFactory.Create(() => $"result {++looked}", "look")],
        });

        Assert.EndsWith("This is what I found.", response.Text, StringComparison.Ordinal);
        Assert.Equal(MeaiBudgetFinishReasons.WrappedUp, response.FinishReason);
        Assert.InRange(looked, 4, 12);
        Assert.Equal(looked, response.Messages.SelectMany(message => message.Contents).OfType<FunctionResultContent>().Count());
        Assert.InRange(run.Spent, 0.03m, 0.10m);
        Assert.Equal(0m, run.Held);
    }

    [Theory, MemberData(nameof(Modes))]
    public async Task WhatABudgetEndedIsNotStoredInACache(bool streaming)
    {
        IDistributedCache storage = Substitute.For<IDistributedCache>();
        storage.GetAsync(default!).ReturnsForAnyArgs((byte[]?)null);
        var provider = new ScriptedChatClient();
        IChatClient budgeted = new ChatClientBuilder(provider)
            .UseBudget(Tracker(Budget.Daily("day", 0m)), options => options.ExceededBehavior = ExceededBehavior.Stop).Build();
        using var client = new BudgetAwareCachingChatClient(budgeted, storage);

        ChatResponse response = await client.AskAsync(streaming);

        Assert.Equal(MeaiBudgetFinishReasons.BudgetExceeded, response.FinishReason);
        await storage.DidNotReceiveWithAnyArgs().SetAsync(default!, default!, default!, default);
    }

    [Theory, MemberData(nameof(Modes))]
    public async Task D24_ACacheHitCostsNothingAndClaimsNoReceipt(bool streaming)
    {
        var storage = new MemoryDistributedCache(Options.Create(new MemoryDistributedCacheOptions()));
        var provider = new ScriptedChatClient { Default = Costing(1_000) };
        CostTracker tracker = Tracker(Budget.Daily("day", 10m));
        using IChatClient client = new ChatClientBuilder(provider).UseDistributedCache(storage).UseBudget(tracker).Build();
        await client.AskAsync(streaming);
        using ReceiptCapture capture = CallReceipts.Capture();

        ChatResponse hit = await client.AskAsync(streaming);

        Assert.Single(provider.Calls);
        Assert.Empty(capture.Receipts);
        Assert.False(hit.TryGetReceipt(out _));
        Assert.Equal(0.10m, (await StatusAsync(tracker)).Spent);
    }

    [Fact]
    public void ABudgetOutsideACacheOrFunctionInvocationIsRefusedAtBuild()
    {
        var storage = new MemoryDistributedCache(Options.Create(new MemoryDistributedCacheOptions()));
        ChatClientBuilder outsideCache = new ChatClientBuilder(new ScriptedChatClient()).UseBudget(Budget.Daily("day", 1m)).UseDistributedCache(storage);
        ChatClientBuilder outsideTools = new ChatClientBuilder(new ScriptedChatClient()).UseBudget(Budget.Daily("day", 1m)).UseFunctionInvocation();

        Assert.Equal("MB002", Assert.Throws<PipelineException>(() => outsideCache.Build()).Id);
        Assert.Equal("MB001", Assert.Throws<PipelineException>(() => outsideTools.Build()).Id);
    }

    [Fact]
    public async Task TheReceiptOfAToolLoopCombinesItsCalls()
    {
        ScriptedChatClient provider = new ScriptedChatClient().Enqueue(ScriptedReply.ToolCall("look"), ScriptedReply.Text("Done."));
        using IChatClient client = new ChatClientBuilder(provider).UseFunctionInvocation().UseBudget(Tracker(Budget.Daily("day", 10m))).Build();

        ChatResponse response = await client.GetResponseAsync("go", new ChatOptions { Tools = [AIFunctionFactory.Create(() => 1, "look")] });

        Assert.True(response.TryGetReceipt(out CallReceipt? receipt));
        Assert.Equal(2, receipt.Attempts.Count);
        Assert.Contains("answered by scripted/scripted-model", receipt.Explain(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task WorksOnAnySubstituteWithNothingElse()
    {
        IChatClient inner = Substitute.For<IChatClient>();
        inner.GetResponseAsync(default!).ReturnsForAnyArgs(new ChatResponse(new ChatMessage(ChatRole.Assistant, "hi")));
        using IChatClient client = new ChatClientBuilder(inner).UseBudget().UseFallback().Build();

        Assert.Equal("hi", (await client.GetResponseAsync("hello")).Text);
    }

    [Fact]
    public async Task BadRequestsGetAClearError()
    {
        using IChatClient client = new ChatClientBuilder(new ScriptedChatClient()).UseBudget().Build();

        await Assert.ThrowsAsync<ArgumentException>(() => client.GetResponseAsync([]));
        await Assert.ThrowsAsync<ArgumentNullException>(() => client.GetResponseAsync((IEnumerable<ChatMessage>)null!));
        await Assert.ThrowsAsync<ArgumentException>(() => client.GetResponseAsync("hi", new ChatOptions { MaxOutputTokens = 0 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => Budget.Daily("day", -1m));
    }

    private static UsageDetails Usage(long input, long output) => new() { InputTokenCount = input, OutputTokenCount = output };
}
