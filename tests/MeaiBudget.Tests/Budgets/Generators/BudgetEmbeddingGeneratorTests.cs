using System.Net;
using MeaiBudget.Testing;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.Caching.Memory;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using NSubstitute;

namespace MeaiBudget.Tests;

public sealed class BudgetEmbeddingGeneratorTests
{
    private static readonly string Thousand = FakeEmbeddings.Text(1_000);

    private static CostTracker Tracker(Budget budget, ISpendLedger? ledger = null) => new([budget], FakeEmbeddings.Prices, ledger);

    private static async Task<BudgetStatus> StatusAsync(CostTracker tracker) => Assert.Single(await tracker.GetStatusAsync());

    [Fact]
    public async Task WhatTheProviderReportedIsSettled()
    {
        CostTracker tracker = Tracker(Budget.Daily("day", 1m));
        IEmbeddingGenerator<string, Embedding<float>> inner = FakeEmbeddings.Create(call => Task.FromResult(FakeEmbeddings.Vectors(call, inputTokens: 990)));

        GeneratedEmbeddings<Embedding<float>> made = await inner.Under(tracker).GenerateAsync([Thousand, "hello"]);

        Assert.Equal(2, made.Count);
        Assert.Equal(990, made.Usage?.InputTokenCount);
        Assert.True(made.TryGetReceipt(out CallReceipt? receipt));
        AttemptReceipt attempt = Assert.Single(receipt.Attempts);
        Assert.Equal((1_001L, 1_001L, TokenEstimateSource.Exact), (attempt.Estimate!.InputTokens, attempt.Estimate.InputUpperBound, attempt.Estimate.Source));
        Assert.Equal((0.1001m, 0L, 0.099m), (attempt.Reserved, attempt.ReservedOutputTokens, attempt.Cost.Amount));
        Assert.Equal(0.099m, (await StatusAsync(tracker)).Spent);
    }

    [Fact]
    public async Task UsageThatIsNotReportedIsEstimatedAndMarked()
    {
        CostTracker tracker = Tracker(Budget.Daily("day", 1m));
        IEmbeddingGenerator<string, Embedding<float>> inner = FakeEmbeddings.Create(call => Task.FromResult(FakeEmbeddings.Vectors(call, inputTokens: null)));

        GeneratedEmbeddings<Embedding<float>> made = await inner.Under(tracker).GenerateAsync([Thousand]);

        Assert.Null(made.Usage);
        Assert.True(made.TryGetReceipt(out CallReceipt? receipt));
        Assert.Equal((true, CostKind.Estimated, 0.1m), (receipt.Answer!.Usage.IsEstimated, receipt.Answer.Cost.Kind, receipt.Cost));
        Assert.Equal(0.1m, (await StatusAsync(tracker)).Spent);
    }

    [Fact]
    public async Task A1_ParallelEmbeddingsNeverOvershootTheRunBudget()
    {
        var ledger = new CountingLedger(new InMemorySpendLedger(TimeProvider.System));
        CostTracker tracker = Tracker(Budget.Daily("day", null), ledger);
        int sent = 0;
        using IEmbeddingGenerator<string, Embedding<float>> generator = FakeEmbeddings.Create(async call =>
        {
            Interlocked.Increment(ref sent);
            await Task.Yield();
            return FakeEmbeddings.Vectors(call, inputTokens: 1_000);
        }).Under(tracker);
        using var run = BudgetRun.Begin("hundred", 1m, tracker);
        using var barrier = new Barrier(4);
        int refused = 0;

        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Factory.StartNew(
            () =>
            {
                barrier.SignalAndWait();
                return Task.WhenAll(Enumerable.Range(0, 25).Select(async _ =>
                {
                    try
                    {
                        await generator.GenerateAsync([Thousand]);
                    }
                    catch (BudgetExceededException)
                    {
                        Interlocked.Increment(ref refused);
                    }
                }));
            },
            TaskCreationOptions.LongRunning).Unwrap()));

        Assert.Equal((10, 90), (sent, refused));
        Assert.Equal((1m, 0m), (run.Spent, run.Held));
        Assert.Equal(0, ledger.Open);
    }

    [Fact]
    public async Task WhatDoesNotFitIsRefusedAndNothingIsSent()
    {
        CostTracker tracker = Tracker(Budget.Daily("day", 0.05m));
        IEmbeddingGenerator<string, Embedding<float>> inner = FakeEmbeddings.Create();

        BudgetExceededException thrown = await Assert.ThrowsAsync<BudgetExceededException>(() => inner.Under(tracker).GenerateAsync([Thousand]));

        Assert.Equal(("day", RefusalReason.Spent, 0.1m), (thrown.Refusal.Budget, thrown.Refusal.Reason, thrown.Refusal.Wanted));
        Assert.True(thrown.TryGetReceipt(out CallReceipt? receipt));
        Assert.Equal(AttemptOutcome.Refused, Assert.Single(receipt.Attempts).Outcome);
        await inner.DidNotReceiveWithAnyArgs().GenerateAsync(default!, default, default);
    }

    [Fact]
    public async Task AModelWithoutAPriceIsRefused()
    {
        IEmbeddingGenerator<string, Embedding<float>> generator = FakeEmbeddings.Create().Under(Tracker(Budget.Daily("day", 1m)));

        BudgetExceededException thrown = await Assert.ThrowsAsync<BudgetExceededException>(
            () => generator.GenerateAsync(["hello"], new EmbeddingGenerationOptions { ModelId = "voyage-unheard-of" }));

        Assert.Equal(RefusalReason.UnknownPrice, thrown.Refusal.Reason);
    }

    [Theory, InlineData(HttpStatusCode.TooManyRequests), InlineData(HttpStatusCode.ServiceUnavailable), InlineData(HttpStatusCode.BadRequest), InlineData(HttpStatusCode.InternalServerError)]
    public async Task B1_WhatTheProviderRejectedIsReleased(HttpStatusCode status)
    {
        CostTracker tracker = Tracker(Budget.Daily("day", 1m));
        var failure = new HttpRequestException("no", null, status);
        IEmbeddingGenerator<string, Embedding<float>> inner = FakeEmbeddings.Create(_ => Task.FromException<GeneratedEmbeddings<Embedding<float>>>(failure));

        Assert.Same(failure, await Assert.ThrowsAsync<HttpRequestException>(() => inner.Under(tracker).GenerateAsync([Thousand])));

        BudgetStatus status2 = await StatusAsync(tracker);
        Assert.Equal((0m, 0m), (status2.Spent, status2.Held));
        Assert.True(failure.TryGetReceipt(out CallReceipt? receipt));
        Assert.Equal(AttemptOutcome.Failed, Assert.Single(receipt.Attempts).Outcome);
    }

    [Fact]
    public async Task F9_ATimeOutIsChargedInDoubt()
    {
        CostTracker tracker = Tracker(Budget.Daily("day", 1m));
        IEmbeddingGenerator<string, Embedding<float>> inner = FakeEmbeddings.Create(
            _ => Task.FromException<GeneratedEmbeddings<Embedding<float>>>(new TaskCanceledException("slow", new TimeoutException())));

        Exception thrown = await Assert.ThrowsAsync<TaskCanceledException>(() => inner.Under(tracker).GenerateAsync([Thousand]));

        Assert.True(thrown.TryGetReceipt(out CallReceipt? receipt));
        Assert.True(Assert.Single(receipt.Attempts).IsUnconfirmed);
        Assert.Equal(0.1m, (await StatusAsync(tracker)).Spent);
    }

    [Fact]
    public async Task ACallerWhoLeavesIsHeardAtOnceAndChargedUnconfirmed()
    {
        CostTracker tracker = Tracker(Budget.Daily("day", 1m));
        using var leave = new CancellationTokenSource();
        var asked = new TaskCompletionSource();
        IEmbeddingGenerator<string, Embedding<float>> inner = FakeEmbeddings.Create(async call =>
        {
            asked.SetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, call.Arg<CancellationToken>());
            throw new InvalidOperationException("not reached");
        });

        Task<GeneratedEmbeddings<Embedding<float>>> call = inner.Under(tracker).GenerateAsync([Thousand], cancellationToken: leave.Token);
        await asked.Task;
        Assert.Equal(0.1m, (await StatusAsync(tracker)).Held);
        await leave.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        BudgetStatus status = await StatusAsync(tracker);
        Assert.Equal((0.1m, 0m), (status.Spent, status.Held));
    }

    [Fact]
    public async Task F11_ATokenThatIsCancelledAlreadySendsAndHoldsNothing()
    {
        CostTracker tracker = Tracker(Budget.Daily("day", 1m));
        IEmbeddingGenerator<string, Embedding<float>> inner = FakeEmbeddings.Create();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => inner.Under(tracker).GenerateAsync([Thousand], cancellationToken: new CancellationToken(true)));

        await inner.DidNotReceiveWithAnyArgs().GenerateAsync(default!, default, default);
        BudgetStatus status = await StatusAsync(tracker);
        Assert.Equal((0m, 0m), (status.Spent, status.Held));
    }

    [Fact]
    public async Task TheBudgetResetsAtMidnight()
    {
        var clock = new FakeTimeProvider(new DateTimeOffset(2026, 5, 5, 23, 59, 0, TimeSpan.Zero));
        CostTracker tracker = Tracker(Budget.Daily("day", 0.1m), new InMemorySpendLedger(clock));
        IEmbeddingGenerator<string, Embedding<float>> generator = FakeEmbeddings.Create().Under(tracker);
        await generator.GenerateAsync([Thousand]);

        BudgetExceededException thrown = await Assert.ThrowsAsync<BudgetExceededException>(() => generator.GenerateAsync([Thousand]));
        clock.Advance(thrown.Refusal.RetryAfter!.Value);

        Assert.Equal(TimeSpan.FromMinutes(1), thrown.Refusal.RetryAfter);
        await generator.GenerateAsync([Thousand]);
        Assert.Equal(0.1m, (await StatusAsync(tracker)).Spent);
    }

    [Fact]
    public async Task WhileTheProviderIsSilentTheLeaseIsRenewed()
    {
        var clock = new FakeTimeProvider();
        CostTracker tracker = Tracker(Budget.Daily("day", 1m), new InMemorySpendLedger(clock));
        var answer = new TaskCompletionSource();
        using IEmbeddingGenerator<string, Embedding<float>> generator = FakeEmbeddings.Create(async call =>
        {
            await answer.Task;
            return FakeEmbeddings.Vectors(call, inputTokens: 500);
        }).AsBuilder().UseBudget(tracker).Build(new ServiceCollection().AddSingleton<TimeProvider>(clock).BuildServiceProvider());

        Task<GeneratedEmbeddings<Embedding<float>>> call = generator.GenerateAsync([Thousand]);
        for (int i = 0; i < 20; i++)
        {
            clock.Advance(TimeSpan.FromSeconds(30));
        }

        BudgetStatus during = await StatusAsync(tracker);
        answer.SetResult();
        await call;

        Assert.Equal((0m, 0.1m), (during.Spent, during.Held));
        Assert.Equal(0.05m, (await StatusAsync(tracker)).Spent);
    }

    [Fact]
    public async Task TagsAndTheTrackerAreThoseOfChat()
    {
        var tracker = new CostTracker(
            [Budget.Daily("tenant", 0.15m).PerTag("tenant")], FakeEmbeddings.Prices.With("scripted-model", ModelPrice.PerMillionTokens(0m, 50m)));
        var provider = new ScriptedChatClient { Default = ScriptedReply.Text("Fine.").WithUsage(10, 1_000) };
        using IChatClient chat = new ChatClientBuilder(provider).UseBudget(tracker).Build();
        IEmbeddingGenerator<string, Embedding<float>> embeddings = FakeEmbeddings.Create().Under(tracker);
        AdditionalPropertiesDictionary acme = new() { ["tenant"] = "acme" };

        await embeddings.GenerateAsync([Thousand], new EmbeddingGenerationOptions { AdditionalProperties = acme });
        await chat.GetResponseAsync("Hello", new ChatOptions { AdditionalProperties = acme, MaxOutputTokens = 1_000 });

        await Assert.ThrowsAsync<BudgetExceededException>(() => embeddings.GenerateAsync([Thousand], new EmbeddingGenerationOptions { AdditionalProperties = acme }));
        await embeddings.GenerateAsync([Thousand], new EmbeddingGenerationOptions { AdditionalProperties = new() { ["tenant"] = "other" } });
        Assert.Equal(0.15m, (await tracker.GetStatusAsync("tenant", "acme")).Spent);
        Assert.Equal(0.1m, (await tracker.GetStatusAsync("tenant", "other")).Spent);
    }

    [Fact]
    public async Task GatesOfTwoTrackersAddUpAndOneTrackerIsPassedOnce()
    {
        var tenant = new CostTracker([Budget.Daily("tenant", 1m)], FakeEmbeddings.Prices);
        var all = new CostTracker([Budget.Daily("all", 1m)], FakeEmbeddings.Prices);
        IEmbeddingGenerator<string, Embedding<float>> inner = FakeEmbeddings.Create();
        using IEmbeddingGenerator<string, Embedding<float>> generator =
            inner.AsBuilder().UseBudget(tenant).UseLogging(Microsoft.Extensions.Logging.LoggerFactory.Create(_ => { })).UseBudget(all).UseBudget(tenant).Build();

        GeneratedEmbeddings<Embedding<float>> made = await generator.GenerateAsync([Thousand]);

        Assert.Equal((0.1m, 0.1m), ((await StatusAsync(tenant)).Spent, (await StatusAsync(all)).Spent));
        Assert.True(made.TryGetReceipt(out CallReceipt? receipt));
        Assert.Equal(["tenant", "all"], Assert.Single(receipt.Attempts).Budgets);
        await inner.ReceivedWithAnyArgs(1).GenerateAsync(default!, default, default);
    }

    [Fact]
    public async Task D24_ACacheHitCostsNothing()
    {
        CostTracker tracker = Tracker(Budget.Daily("day", 1m));
        var cache = new MemoryDistributedCache(Options.Create(new MemoryDistributedCacheOptions()));
        using IEmbeddingGenerator<string, Embedding<float>> generator =
            FakeEmbeddings.Create().AsBuilder().UseDistributedCache(cache).UseBudget(tracker).Build();

        await generator.GenerateAsync([Thousand]);
        GeneratedEmbeddings<Embedding<float>> again = await generator.GenerateAsync([Thousand]);

        Assert.False(again.TryGetReceipt(out _));
        Assert.Equal(0.1m, (await StatusAsync(tracker)).Spent);
        PipelineException thrown = Assert.Throws<PipelineException>(
            () => FakeEmbeddings.Create().AsBuilder().UseBudget(tracker).UseDistributedCache(cache).Build());
        Assert.Equal("MB002", thrown.Id);
    }

    [Fact]
    public async Task WhatIsNoTextCannotBeBoundedAndIsRefused()
    {
        IEmbeddingGenerator<AIContent, Embedding<float>> inner = Substitute.For<IEmbeddingGenerator<AIContent, Embedding<float>>>();
        inner.GetService(typeof(EmbeddingGeneratorMetadata), null).Returns(new EmbeddingGeneratorMetadata("openai", null, FakeEmbeddings.Model));
        inner.GenerateAsync(default!, default, default).ReturnsForAnyArgs(new GeneratedEmbeddings<Embedding<float>>());
        CostTracker tracker = Tracker(Budget.Daily("day", 1m));
        using IEmbeddingGenerator<AIContent, Embedding<float>> generator = inner.AsBuilder().UseBudget(tracker).Build();

        BudgetExceededException thrown = await Assert.ThrowsAsync<BudgetExceededException>(
            () => generator.GenerateAsync([new DataContent(new byte[] { 1 }, "image/png")]));
        await generator.GenerateAsync([new TextContent("hello")]);

        Assert.Equal(RefusalReason.UnboundedInput, thrown.Refusal.Reason);
        Assert.Equal(0.0001m, (await StatusAsync(tracker)).Spent);
    }

    [Fact]
    public async Task InsideAToolOfARunItCountsAgainstTheRun()
    {
        CostTracker tracker = Tracker(Budget.Daily("day", 10m));
        IEmbeddingGenerator<string, Embedding<float>> embeddings = FakeEmbeddings.Create().Under(tracker);
        ScriptedChatClient provider = new ScriptedChatClient().Enqueue(
            ScriptedReply.ToolCall("search", new Dictionary<string, object?> { ["query"] = "x" }).WithUsage(10, 10), ScriptedReply.Text("Found.").WithUsage(10, 10));
        using IChatClient agent = new ChatClientBuilder(provider).UseFunctionInvocation()
            .UseBudget(new CostTracker([Budget.Daily("chat", 10m)], PriceCatalog.Empty.With("scripted-model", ModelPrice.PerMillionTokens(0m, 100m)))).Build();
        AIFunction search = AIFunctionFactory.Create(async (string query) => (await embeddings.GenerateAsync([Thousand])).Count, "search");
        using ReceiptCapture capture = CallReceipts.Capture();
        using var run = BudgetRun.Begin("agent", 5m);

        await agent.GetResponseAsync("Find it", new ChatOptions { Tools = [search], MaxOutputTokens = 100 });

        Assert.Equal(0.102m, run.Spent);
        Assert.Equal(3, capture.Receipts.Count);
    }

    [Fact]
    public async Task WithoutBudgetsItOnlyTracks()
    {
        using IEmbeddingGenerator<string, Embedding<float>> generator = FakeEmbeddings.Create().AsBuilder().UseBudget(tracker: null).Build();

        await generator.GenerateAsync([Thousand]);

        Assert.NotNull(generator.GetService<CostTracker>());
        Assert.Equal(FakeEmbeddings.Model, generator.GetService<EmbeddingGeneratorMetadata>()?.DefaultModelId);
    }

    [Fact]
    public void ItCanOnlyThrow() => Assert.Throws<ArgumentException>(
        () => FakeEmbeddings.Create().Under(Tracker(Budget.Daily("day", 1m)), options => options.ExceededBehavior = ExceededBehavior.Stop));

    [Fact]
    public async Task InputsAreEnumeratedOnceAndPassedOnAsTheyAre()
    {
        IEmbeddingGenerator<string, Embedding<float>> inner = FakeEmbeddings.Create();
        int enumerated = 0;
        IEnumerable<string> Once()
        {
            enumerated++;
            yield return "one";
            yield return "two";
        }

        var options = new EmbeddingGenerationOptions { Dimensions = 8 };
        await inner.Under(Tracker(Budget.Daily("day", 1m))).GenerateAsync(Once(), options);

        Assert.Equal(1, enumerated);
        await inner.Received(1).GenerateAsync(Arg.Is<IEnumerable<string>>(values => values.SequenceEqual(new[] { "one", "two" })), options, Arg.Any<CancellationToken>());
    }

    [Theory, InlineData(true), InlineData(false)]
    public async Task ARetryAboveOrBelowIsAnAttemptOfItsOwnForTheBudget(bool budgetAbove)
    {
        var ledger = new CountingLedger(new InMemorySpendLedger(TimeProvider.System));
        CostTracker tracker = Tracker(Budget.Daily("day", 1m), ledger);
        int asked = 0;
        IEmbeddingGenerator<string, Embedding<float>> inner = FakeEmbeddings.Create(call => ++asked < 3
            ? Task.FromException<GeneratedEmbeddings<Embedding<float>>>(new HttpRequestException("busy", null, HttpStatusCode.TooManyRequests))
            : Task.FromResult(FakeEmbeddings.Vectors(call, inputTokens: 1_000)));
        var retry = new RetryOptions { MaxRetries = 2, BaseDelay = TimeSpan.Zero, MaxDelay = TimeSpan.Zero, RetryBudget = new RetryBudget(1, 1000) };
        EmbeddingGeneratorBuilder<string, Embedding<float>> builder = inner.AsBuilder();
        using IEmbeddingGenerator<string, Embedding<float>> generator =
            (budgetAbove ? builder.UseBudget(tracker).UseRetry(retry) : builder.UseRetry(retry).UseBudget(tracker)).Build();

        GeneratedEmbeddings<Embedding<float>> made = await generator.GenerateAsync([Thousand]);

        Assert.True(made.TryGetReceipt(out CallReceipt? receipt));
        Assert.Equal([AttemptOutcome.Failed, AttemptOutcome.Failed, AttemptOutcome.Answered], receipt.Attempts.Select(attempt => attempt.Outcome));
        Assert.Equal((3, 1, 2, 0), (ledger.Admitted, ledger.Settled, ledger.Released, ledger.Open));
        Assert.Equal(0.1m, (await StatusAsync(tracker)).Spent);
    }
}
