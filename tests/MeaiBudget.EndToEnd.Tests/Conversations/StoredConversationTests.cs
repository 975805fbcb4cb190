using MeaiBudget.Testing;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.Caching.Memory;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using OpenAI.Responses;

namespace MeaiBudget.Tests;

/// <summary>Conversations that OpenAI stores: a request that continues one is bounded by what the earlier response reported.</summary>
#pragma warning disable OPENAI001 // The SDK's own raw types are experimental.
public sealed class StoredConversationTests : IAsyncDisposable
{
    private readonly List<ProviderSimulator> _simulators = [];

    public static TheoryData<bool> Both => StreamModes.Both;

    public static TheoryData<string> FailingCaches => ["throws", "throws at once", "never answers", "blocks", "holds something else"];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory, MemberData(nameof(Both))]
    public async Task M1_AToolLoopOverResponsesIsAdmittedInEachRound(bool streaming)
    {
        ProviderSimulator simulator = await StartAsync();
        simulator.OpenAI.Enqueue(SimulatedResponse.ToolCall("look").WithUsage(1_000, 200), SimulatedResponse.Text("done").WithUsage(1_240, 3));
        CostTracker tracker = Tracker(5m);
        using IChatClient client = Build(simulator, tracker, functions: true);
        using ReceiptCapture capture = CallReceipts.Capture();

        ChatResponse answer = await client.AskAsync(streaming, options: Tools());

        Assert.Equal("done", answer.Text);
        AttemptReceipt[] rounds = [.. capture.Receipts.SelectMany(receipt => receipt.Attempts)];
        Assert.Equal(2, rounds.Length);
        Assert.Equal(TokenEstimateFlags.ConversationSeen, rounds[1].Estimate!.Flags);
        Assert.InRange(rounds[1].Estimate!.InputTokens, 1_200, 1_500);
        Assert.True(rounds[1].Estimate!.InputUpperBound >= 1_240, "The bound is below what was billed.");
        Assert.Contains("previous_response_id", simulator.OpenAI.ChatRequests[1].BodyText, StringComparison.Ordinal);
        Assert.Equal(((1_000 + 1_240) * 0.0000004m) + ((200 + 3) * 0.0000016m), await SpentAsync(tracker));
    }

    [Theory, MemberData(nameof(Both))]
    public async Task M1_ASecondTurnIsAdmittedAlsoByAnotherPipelineOfTheProcess(bool streaming)
    {
        ProviderSimulator simulator = await StartAsync();
        simulator.OpenAI.Enqueue(SimulatedResponse.Text("one").WithUsage(900, 100));
        CostTracker tracker = Tracker(1m);
        using IChatClient first = Build(simulator, tracker);
        using IChatClient second = Build(simulator, tracker);

        ChatResponse answer = await first.AskAsync(streaming);
        await second.AskAsync(streaming, options: new ChatOptions { ConversationId = answer.ConversationId, MaxOutputTokens = 100 });

        Assert.Equal(2, simulator.OpenAI.ChatRequests.Count);
    }

    [Theory, MemberData(nameof(Both))]
    public async Task M1_AContinuationThatDoesNotFitIsRefusedBeforeItIsSent(bool streaming)
    {
        ProviderSimulator simulator = await StartAsync();
        simulator.OpenAI.Enqueue(SimulatedResponse.Text("one").WithUsage(100_000, 100));
        CostTracker tracker = Tracker(0.06m);
        using IChatClient client = Build(simulator, tracker);
        ChatResponse answer = await client.AskAsync(streaming);

        BudgetExceededException refused = await Assert.ThrowsAsync<BudgetExceededException>(
            () => client.AskAsync(streaming, options: new ChatOptions { ConversationId = answer.ConversationId, MaxOutputTokens = 100 }));

        Assert.Equal(RefusalReason.Spent, refused.Refusal.Reason);
        Assert.True(refused.Refusal.Wanted >= 0.04m, $"Only {refused.Refusal.Wanted} was wanted.");
        Assert.Single(simulator.OpenAI.ChatRequests);
    }

    [Theory]
    [InlineData("resp_of_somebody", false)]
    [InlineData("resp_of_somebody", true)]
    [InlineData("conv_123", false)]
    [InlineData("conv_123", true)]
    public async Task M1_UnknownIdsAndConversationsOfSeveralWritersStayUnbounded(string id, bool streaming)
    {
        ProviderSimulator simulator = await StartAsync();
        using IChatClient client = Build(simulator, Tracker(5m));

        BudgetExceededException refused = await Assert.ThrowsAsync<BudgetExceededException>(
            () => client.AskAsync(streaming, options: new ChatOptions { ConversationId = id, MaxOutputTokens = 100 }));

        Assert.Equal(RefusalReason.UnboundedInput, refused.Refusal.Reason);
        Assert.Empty(simulator.OpenAI.ChatRequests);
    }

    [Theory, MemberData(nameof(Both))]
    public async Task M1_AnAnswerInAConversationDoesNotBoundTheConversation(bool streaming)
    {
        ProviderSimulator simulator = await StartAsync();
        CostTracker reserving = new(Budget.Daily("day", 5m) with { UnboundedInputBehavior = UnboundedInputBehavior.ReserveContextWindow });
        using IChatClient window = Build(simulator, reserving);
        using IChatClient client = Build(simulator, Tracker(5m));
        var options = new ChatOptions { ConversationId = "conv_123", MaxOutputTokens = 100 };

        ChatResponse answer = await window.AskAsync(streaming, options: options);

        Assert.Equal("conv_123", answer.ConversationId);
        await Assert.ThrowsAsync<BudgetExceededException>(() => client.AskAsync(streaming, options: options));
    }

    [Theory, MemberData(nameof(Both))]
    public async Task M1_AnAnswerWithoutUsageIsContinuedByTheBoundThatWasReservedForIt(bool streaming)
    {
        ProviderSimulator simulator = await StartAsync();
        simulator.OpenAI.Enqueue(SimulatedResponse.Text("one").WithoutUsage());
        using IChatClient client = Build(simulator, Tracker(1m));
        using ReceiptCapture capture = CallReceipts.Capture();

        ChatResponse answer = await client.AskAsync(streaming, options: new ChatOptions { MaxOutputTokens = 5_000 });
        await client.AskAsync(streaming, options: new ChatOptions { ConversationId = answer.ConversationId, MaxOutputTokens = 100 });

        Assert.True(capture.Receipts[^1].Attempts.Single().Estimate!.InputUpperBound > 5_000);
    }

    [Theory, MemberData(nameof(Both))]
    public async Task K6_ARawPreviousResponseIsBoundedWhereItWasSeen(bool streaming)
    {
        ProviderSimulator simulator = await StartAsync();
        simulator.OpenAI.Enqueue(SimulatedResponse.Text("one").WithUsage(900, 100));
        using IChatClient client = Build(simulator, Tracker(1m));
        ChatResponse answer = await client.AskAsync(streaming);
        using ReceiptCapture capture = CallReceipts.Capture();

        await client.AskAsync(streaming, options: Raw(answer.ConversationId!));

        Assert.InRange(capture.Receipts.Single().Attempts.Single().Estimate!.InputTokens, 0, 100);
        Assert.True(capture.Receipts.Single().Attempts.Single().Reserved >= 1_000 * 0.0000004m);
        BudgetExceededException refused = await Assert.ThrowsAsync<BudgetExceededException>(() => client.AskAsync(streaming, options: Raw("resp_unknown")));
        Assert.Equal(RefusalReason.UnboundedInput, refused.Refusal.Reason);

        static ChatOptions Raw(string id) => new()
        {
            RawRepresentationFactory = _ => new CreateResponseOptions { PreviousResponseId = id, MaxOutputTokenCount = 100 },
        };
    }

    [Theory, MemberData(nameof(Both))]
    public async Task M1_AnotherNodeContinuesThroughTheDistributedCache(bool streaming)
    {
        ProviderSimulator simulator = await StartAsync();
        simulator.OpenAI.Enqueue(SimulatedResponse.Text("the secret of the answer").WithUsage(900, 100));
        var cache = new RecordingCache();
        CostTracker tracker = Tracker(1m);
        using IChatClient first = Build(simulator, tracker, Node(cache));
        using IChatClient second = Build(simulator, tracker, Node(cache));
        using IChatClient without = Build(simulator, tracker, Node(null));

        ChatResponse answer = await first.AskAsync(streaming);
        var options = new ChatOptions { ConversationId = answer.ConversationId, MaxOutputTokens = 100 };
        await Assert.ThrowsAsync<BudgetExceededException>(() => without.AskAsync(streaming, options: options));
        await second.AskAsync(streaming, options: options);

        Assert.Equal(2, simulator.OpenAI.ChatRequests.Count);
        (string key, byte[] value) = cache.Written[0];
        Assert.DoesNotContain(answer.ConversationId!, key, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", System.Text.Encoding.UTF8.GetString(value), StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(FailingCaches))]
    public async Task M1_ACacheThatFailsOrIsSlowLeavesTheConversationUnknown(string kind)
    {
        ProviderSimulator simulator = await StartAsync();
        using IChatClient client = Build(simulator, Tracker(1m), Node(new FailingCache(kind)));
        using IChatClient other = Build(simulator, Tracker(1m), Node(new FailingCache(kind)));

        ChatResponse answer = await client.AskAsync(false);
        var options = new ChatOptions { ConversationId = answer.ConversationId, MaxOutputTokens = 100 };
        await client.AskAsync(false, options: options);
        BudgetExceededException refused = await Assert.ThrowsAsync<BudgetExceededException>(() => other.AskAsync(false, options: options));

        Assert.Equal(RefusalReason.UnboundedInput, refused.Refusal.Reason);
    }

    [Fact]
    public async Task M1_ACacheThatGoesOnFailingIsLeftAloneForAWhile()
    {
        ProviderSimulator simulator = await StartAsync();
        var cache = new FailingCache("throws");
        var clock = new FakeTimeProvider();
        using IChatClient client = Build(simulator, Tracker(1m), new ServiceCollection().AddSingleton<TimeProvider>(clock).AddSingleton<IDistributedCache>(cache).BuildServiceProvider());

        for (int i = 0; i < 10; i++)
        {
            await client.AskAsync(false);
        }

        Assert.Equal(3, cache.Accesses);
        clock.Advance(TimeSpan.FromSeconds(6));
        cache.Works = true;
        for (int i = 0; i < 10; i++)
        {
            await client.AskAsync(false);
        }

        Assert.Equal(13, cache.Accesses);
    }

    [Theory, MemberData(nameof(Both))]
    public async Task M1_ForksOfOneAnswerAreEachBoundedByTheirOwn(bool streaming)
    {
        ProviderSimulator simulator = await StartAsync();
        simulator.OpenAI.Enqueue(
            SimulatedResponse.Text("root").WithUsage(900, 100),
            SimulatedResponse.Text("left").WithUsage(5_000, 100),
            SimulatedResponse.Text("right").WithUsage(1_010, 20));
        using IChatClient client = Build(simulator, Tracker(1m));
        ChatResponse root = await client.AskAsync(streaming);

        ChatResponse left = await client.AskAsync(streaming, options: After(root));
        ChatResponse right = await client.AskAsync(streaming, options: After(root));
        using ReceiptCapture capture = CallReceipts.Capture();
        foreach (ChatResponse continued in new[] { left, right, root })
        {
            await client.AskAsync(streaming, options: After(continued));
        }

        long[] inputs = [.. capture.Receipts.Select(receipt => receipt.Attempts.Single().Estimate!.InputTokens)];
        Assert.InRange(inputs[0], 5_100, 5_200);
        Assert.InRange(inputs[1], 1_030, 1_130);
        Assert.InRange(inputs[2], 1_000, 1_100);

        static ChatOptions After(ChatResponse response) => new() { ConversationId = response.ConversationId, MaxOutputTokens = 100 };
    }

    [Theory, MemberData(nameof(Both))]
    public async Task M1_AnAnswerThatIsCutIsContinuedByWhatItReported(bool streaming)
    {
        ProviderSimulator simulator = await StartAsync();
        simulator.OpenAI.Enqueue(SimulatedResponse.Text("one two").WithUsage(900, 100).WithFinishReason(ChatFinishReason.Length));
        using IChatClient client = Build(simulator, Tracker(1m));
        using ReceiptCapture capture = CallReceipts.Capture();

        ChatResponse answer = await client.AskAsync(streaming);
        await client.AskAsync(streaming, options: new ChatOptions { ConversationId = answer.ConversationId ?? answer.ResponseId, MaxOutputTokens = 100 });

        Assert.InRange(capture.Receipts[^1].Attempts.Single().Estimate!.InputTokens, 1_000, 1_100);
    }

    [Theory, MemberData(nameof(Both))]
    public async Task M1_AnAnswerFromTheBackgroundIsContinuedByWhatItReported(bool streaming)
    {
        ProviderSimulator simulator = await StartAsync();
        simulator.OpenAI.Enqueue(SimulatedResponse.Text("one two").WithUsage(900, 100).InProgressFor(0));
        using IChatClient client = Build(simulator, Tracker(1m));
        using ReceiptCapture capture = CallReceipts.Capture();
        var options = new ChatOptions { AllowBackgroundResponses = true, MaxOutputTokens = 5_000 };

        options.ContinuationToken = (await client.AskAsync(false, options: options)).ContinuationToken;
        ChatResponse answer = await client.AskAsync(streaming, messages: [], options);
        await client.AskAsync(streaming, options: new ChatOptions { ConversationId = answer.ConversationId, MaxOutputTokens = 100 });

        Assert.InRange(capture.Receipts[^1].Attempts.Single().Estimate!.InputTokens, 1_000, 1_100);
    }

    [Theory, MemberData(nameof(Both))]
    public async Task M1_WithStoringOffTheHistoryTravelsAndAnAlternateTakesOver(bool streaming)
    {
        ProviderSimulator simulator = await StartAsync();
        simulator.OpenAI.Enqueue(SimulatedResponse.ToolCall("look"), SimulatedResponse.Error(500), SimulatedResponse.Error(500));
        simulator.Anthropic.Enqueue(SimulatedResponse.Text("done by the alternate"));
        CostTracker tracker = Tracker(5m);
        IChatClient alternate = RealClients.Create(simulator, SimulatedProvider.Anthropic, "claude-haiku-4-5");
        using IChatClient client = new ChatClientBuilder(OpenAi(simulator, store: false))
            .UseFunctionInvocation().UseBudget(tracker).UseFallback(alternate).Build();

        ChatResponse answer = await client.AskAsync(streaming, options: Tools());

        Assert.Equal("done by the alternate", answer.Text);
        Assert.All(simulator.OpenAI.ChatRequests, request => Assert.False(request.Json.GetProperty("store").GetBoolean()));
        Assert.DoesNotContain("previous_response_id", simulator.OpenAI.ChatRequests[1].BodyText, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("gpt-4.1-mini", false, false, false)]
    [InlineData("gpt-5-mini", false, false, true)]
    [InlineData("gpt-5-mini", true, true, false)]
    [InlineData("gpt-5-mini", null, null, false)]
    public async Task M1_StoringIsAskedForAsTheFactorySays(string model, bool? store, bool? sent, bool includesReasoning)
    {
        ProviderSimulator simulator = await StartAsync();
        using IChatClient client = OpenAi(simulator, store, model);

        await client.AskAsync(false);
        await client.AskAsync(false, options: new ChatOptions { RawRepresentationFactory = _ => new CreateResponseOptions { StoredOutputEnabled = true } });

        SimulatedRequest request = simulator.OpenAI.ChatRequests[0];
        Assert.Equal(sent, request.Json.TryGetProperty("store", out System.Text.Json.JsonElement value) ? value.GetBoolean() : null);
        Assert.Equal(includesReasoning, request.BodyText.Contains("reasoning.encrypted_content", StringComparison.Ordinal));
        Assert.True(simulator.OpenAI.ChatRequests[1].Json.GetProperty("store").GetBoolean());
    }

    [Theory, MemberData(nameof(Both))]
    public async Task M1_AStoredConversationStaysWithTheRouteThatKeepsIt(bool streaming)
    {
        ProviderSimulator simulator = await StartAsync();
        simulator.OpenAI.ForModel("gpt-4.1").Enqueue(SimulatedResponse.Error(500));
        using IChatClient client = new ChatClientBuilder(OpenAi(simulator, model: "gpt-4.1"))
            .UseBudget(Tracker(5m)).UseFallback([new ChatRoute("mini", OpenAi(simulator))], options => options.PrimaryName = "large").Build();

        // The alternate answers and keeps the conversation; the primary does not know it.
        ChatResponse answer = await client.AskAsync(streaming);
        await client.AskAsync(streaming, options: new ChatOptions { ConversationId = answer.ConversationId, MaxOutputTokens = 100 });

        Assert.Equal(["gpt-4.1", "gpt-4.1-mini", "gpt-4.1-mini"], simulator.OpenAI.ChatRequests.Select(request => request.Model));
    }

    public async ValueTask DisposeAsync()
    {
        foreach (ProviderSimulator simulator in _simulators)
        {
            await simulator.DisposeAsync();
        }
    }

    private static ChatOptions Tools() => new() { Tools = [AIFunctionFactory.Create(() => "a result", "look")], MaxOutputTokens = 300 };

    private static CostTracker Tracker(decimal limit) => new(Budget.Daily("day", limit));

    private static async Task<decimal> SpentAsync(CostTracker tracker) => (await tracker.GetStatusAsync(cancellationToken: Token)).Single().Spent;

    private static IChatClient Build(ProviderSimulator simulator, CostTracker tracker, IServiceProvider? services = null, bool functions = false)
    {
        var builder = new ChatClientBuilder(OpenAi(simulator));
        return (functions ? builder.UseFunctionInvocation() : builder).UseBudget(tracker).Build(services);
    }

    private static IChatClient OpenAi(ProviderSimulator simulator, bool? store = null, string model = "gpt-4.1-mini") =>
        OpenAIChatClientFactory.Create(new OpenAIChatClientOptions
        {
            ApiKey = "sk-any",
            BaseUrl = simulator.OpenAIBaseUrl.ToString(),
            ModelId = model,
            UseResponsesApi = true,
            StoreResponses = store,
        });

    /// <summary>The services of a process of its own: what a process remembers belongs to its clock.</summary>
    private static ServiceProvider Node(IDistributedCache? cache)
    {
        IServiceCollection services = new ServiceCollection().AddSingleton<TimeProvider>(new NodeClock());
        return (cache is null ? services : services.AddSingleton(cache)).BuildServiceProvider();
    }

    private async Task<ProviderSimulator> StartAsync()
    {
        ProviderSimulator simulator = await ProviderSimulator.StartAsync();
        _simulators.Add(simulator);
        return simulator;
    }

    private sealed class NodeClock : TimeProvider;

    private sealed class RecordingCache() : MemoryDistributedCache(Options.Create(new MemoryDistributedCacheOptions())), IDistributedCache
    {
        public List<(string Key, byte[] Value)> Written { get; } = [];

        Task IDistributedCache.SetAsync(string key, byte[] value, DistributedCacheEntryOptions options, CancellationToken token)
        {
            Written.Add((key, value));
            return SetAsync(key, value, options, token);
        }
    }

    private sealed class FailingCache(string kind) : IDistributedCache
    {
        public int Accesses { get; private set; }

        public bool Works { get; set; }

        public byte[]? Get(string key) => throw new NotSupportedException();

        public Task<byte[]?> GetAsync(string key, CancellationToken token = default) => FailAsync(token);

        public void Set(string key, byte[] value, DistributedCacheEntryOptions options) => throw new NotSupportedException();

        public Task SetAsync(string key, byte[] value, DistributedCacheEntryOptions options, CancellationToken token = default) => FailAsync(token);

        public void Refresh(string key) => throw new NotSupportedException();

        public Task RefreshAsync(string key, CancellationToken token = default) => throw new NotSupportedException();

        public void Remove(string key) => throw new NotSupportedException();

        public Task RemoveAsync(string key, CancellationToken token = default) => throw new NotSupportedException();

        private Task<byte[]?> FailAsync(CancellationToken token)
        {
            Accesses++;
            switch (Works ? "works" : kind)
            {
                case "works":
                    return Task.FromResult<byte[]?>(null);
                case "throws at once":
                    throw new InvalidOperationException("The cache is away.");
                case "throws":
                    return Task.FromException<byte[]?>(new InvalidOperationException("The cache is away."));
                case "blocks":
                    using (var never = new ManualResetEventSlim())
                    {
                        never.Wait(TimeSpan.FromSeconds(1), token);
                    }

                    return Task.FromResult<byte[]?>(null);
                case "never answers":
                    return new TaskCompletionSource<byte[]?>().Task;
                default:
                    return Task.FromResult<byte[]?>("not one of ours"u8.ToArray());
            }
        }
    }
}
