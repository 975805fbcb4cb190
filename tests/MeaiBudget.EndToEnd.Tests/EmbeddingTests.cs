using System.ClientModel;
using System.ClientModel.Primitives;
using MeaiBudget.Testing;
using Microsoft.Extensions.AI;
using OllamaSharp;
using OpenAI;

namespace MeaiBudget.Tests;

/// <summary>Budgets around the embedding clients of the real SDKs.</summary>
public sealed class EmbeddingTests
{
    private const string Model = "text-embedding-3-small";

    public static TheoryData<SimulatedProvider> Providers => [SimulatedProvider.OpenAI, SimulatedProvider.LiteLLM, SimulatedProvider.Ollama];

    private static PriceCatalog Prices => PriceCatalog.Empty.With(Model, ModelPrice.PerMillionTokens(100m, 100m));

    internal static IEmbeddingGenerator<string, Embedding<float>> Create(ProviderSimulator simulator, SimulatedProvider provider) => provider switch
    {
        SimulatedProvider.OpenAI => OpenAI(simulator.OpenAIBaseUrl).WithOpenAIProvider(),
        SimulatedProvider.LiteLLM => OpenAI(simulator.LiteLLMBaseUrl).WithLiteLLMProvider(),
        _ => ((IEmbeddingGenerator<string, Embedding<float>>)new OllamaApiClient(simulator.OllamaBaseUrl, Model)).WithOllamaProvider(),
    };

    private static IEmbeddingGenerator<string, Embedding<float>> OpenAI(Uri endpoint) => new OpenAIClient(
            new ApiKeyCredential("sk-any"), new OpenAIClientOptions { Endpoint = endpoint, RetryPolicy = new ClientRetryPolicy(maxRetries: 0) })
        .GetEmbeddingClient(Model).AsIEmbeddingGenerator();

    [Theory, MemberData(nameof(Providers))]
    public async Task A9_EmbeddingsAreReservedAndSettledAtWhatTheProviderReported(SimulatedProvider provider)
    {
        await using ProviderSimulator simulator = await ProviderSimulator.StartAsync();
        simulator.Script(provider).Enqueue(SimulatedResponse.Echo().WithUsage(120, 0));
        var ledger = new CountingLedger(new InMemorySpendLedger(TimeProvider.System));
        var tracker = new CostTracker([Budget.Daily("day", 1m)], Prices, ledger);
        using IEmbeddingGenerator<string, Embedding<float>> generator = Create(simulator, provider).AsBuilder().UseBudget(tracker).Build();

        GeneratedEmbeddings<Embedding<float>> made = await generator.GenerateAsync(
            ["The capital of Italy", "is Rome"], new EmbeddingGenerationOptions { AdditionalProperties = new() { ["tenant"] = "acme-canary" } });

        Assert.Equal(2, made.Count);
        Assert.Equal(1f, made[0].Vector.ToArray().Sum(number => number * number), 3);
        Assert.NotEqual(made[0].Vector.ToArray(), made[1].Vector.ToArray());
        Assert.True(made.TryGetReceipt(out CallReceipt? receipt));
        AttemptReceipt attempt = Assert.Single(receipt.Attempts);
        Assert.Equal((120L, false), (attempt.Usage.InputTokens, attempt.Usage.IsEstimated));
        SimulatedRequest request = Assert.Single(simulator.Requests);
        Assert.Equal(SimulatedEndpoint.Embedding, request.Endpoint);
        Assert.DoesNotContain("acme-canary", request.BodyText, StringComparison.Ordinal);
        Assert.Equal(0.012m, Assert.Single(await tracker.GetStatusAsync()).Spent);
        Assert.Equal((1, 1, 0), (ledger.Admitted, ledger.Settled, ledger.Open));
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task L7_ATotalAloneIsTheInput(bool hasHandler)
    {
        var wire = new CannedHandler(_ => CannedHandler.Response(200, """{"object":"list","model":"text-embedding-3-small","data":[{"object":"embedding","index":0,"embedding":[0.1,0.2]}],"usage":{"total_tokens":1001}}"""));
        var http = new HttpClient(hasHandler ? new ChatWireHandler(wire) : wire);
        using IEmbeddingGenerator<string, Embedding<float>> generator = new OpenAIClient(
                new ApiKeyCredential("sk-any"), new OpenAIClientOptions { Transport = new HttpClientPipelineTransport(http), RetryPolicy = new ClientRetryPolicy(maxRetries: 0) })
            .GetEmbeddingClient(Model).AsIEmbeddingGenerator().AsBuilder().UseBudget(new CostTracker([Budget.Daily("day", 1m)], Prices)).Build();

        GeneratedEmbeddings<Embedding<float>> made = await generator.GenerateAsync(["The capital of Italy"]);

        Assert.True(made.TryGetReceipt(out CallReceipt? receipt));
        AttemptReceipt attempt = Assert.Single(receipt.Attempts);
        Assert.Equal((1001L, 0L, 0.1001m), (attempt.Usage.InputTokens, attempt.Usage.OutputTokens, attempt.Cost.Amount));
    }

    [Fact]
    public async Task K3_ARawRequestIsReservedAsItIsSent()
    {
        PriceCatalog prices = Prices.With("text-embedding-3-large", ModelPrice.PerMillionTokens(2_000m, 2_000m));
        var wire = new CannedHandler(_ => CannedHandler.Response(200, """{"object":"list","model":"text-embedding-3-large","data":[{"object":"embedding","index":0,"embedding":"AACAPw=="}],"usage":{"prompt_tokens":4,"total_tokens":4}}"""));
        var options = new EmbeddingGenerationOptions { RawRepresentationFactory = _ => OfModel("text-embedding-3-large") };
        using IEmbeddingGenerator<string, Embedding<float>> poor = AppMade(wire).AsBuilder().UseBudget(new CostTracker([Budget.Daily("day", 0.001m)], prices)).Build();
        var tracker = new CostTracker([Budget.Daily("day", 1m)], prices);
        using IEmbeddingGenerator<string, Embedding<float>> rich = AppMade(wire).AsBuilder().UseBudget(tracker).Build();

        await Assert.ThrowsAsync<BudgetExceededException>(() => poor.GenerateAsync(["The capital of Italy"], options));
        Assert.Empty(wire.Requests);
        GeneratedEmbeddings<Embedding<float>> made = await rich.GenerateAsync(["The capital of Italy"], options);

        Assert.Single(wire.Requests);
        Assert.True(made.TryGetReceipt(out CallReceipt? receipt));
        Assert.Equal(("text-embedding-3-large", 0.008m), (receipt.Attempts.Single().ResponseModelId, receipt.Attempts.Single().Cost.Amount));
        Assert.True(receipt.Attempts.Single().Reserved >= 0.008m);
    }

    [Fact]
    public async Task K3_ARawRequestOfAClientWithoutTheHandlerIsRefused()
    {
        await using ProviderSimulator simulator = await ProviderSimulator.StartAsync();
        using IEmbeddingGenerator<string, Embedding<float>> generator = OpenAI(simulator.OpenAIBaseUrl).AsBuilder().UseBudget(new CostTracker([Budget.Daily("day", 1m)], Prices)).Build();

        BudgetExceededException refused = await Assert.ThrowsAsync<BudgetExceededException>(() => generator.GenerateAsync(
            ["The capital of Italy"], new EmbeddingGenerationOptions { RawRepresentationFactory = _ => new OpenAI.Embeddings.EmbeddingGenerationOptions() }));

        Assert.Equal(RefusalReason.UnseenRawRequest, refused.Refusal.Reason);
        Assert.Empty(simulator.Requests);
    }

    [Fact]
    public async Task LongTextsAreReservedOnce()
    {
        var wire = new CannedHandler(_ => CannedHandler.Response(200, """{"object":"list","model":"text-embedding-3-small","data":[{"object":"embedding","index":0,"embedding":"AACAPw=="}],"usage":{"prompt_tokens":10000,"total_tokens":10000}}"""));
        using IEmbeddingGenerator<string, Embedding<float>> generator = AppMade(wire).AsBuilder().UseBudget(new CostTracker([Budget.Daily("day", 10m)], Prices)).Build();

        GeneratedEmbeddings<Embedding<float>> made = await generator.GenerateAsync([string.Join(' ', Enumerable.Repeat("hello", 10_000))]);

        Assert.True(made.TryGetReceipt(out CallReceipt? receipt));
        Assert.InRange(receipt.Attempts.Single().Reserved, 1m, 1.01m);
    }

    private static IEmbeddingGenerator<string, Embedding<float>> AppMade(HttpMessageHandler wire) => new OpenAIClient(
            new ApiKeyCredential("sk-any"), new OpenAIClientOptions { RetryPolicy = new ClientRetryPolicy(maxRetries: 0) }.AddChatWire(new HttpClient(wire)))
        .GetEmbeddingClient(Model).AsIEmbeddingGenerator().WithOpenAIProvider();

    private static OpenAI.Embeddings.EmbeddingGenerationOptions OfModel(string model)
    {
        var options = new OpenAI.Embeddings.EmbeddingGenerationOptions();
#pragma warning disable SCME0001 // The SDK has no other way to send another model.
        options.Patch.Set("$.model"u8, model);
#pragma warning restore SCME0001
        return options;
    }

    [Theory, MemberData(nameof(Providers))]
    public async Task WhatTheProviderRejectedIsReleasedByItsClassification(SimulatedProvider provider)
    {
        await using ProviderSimulator simulator = await ProviderSimulator.StartAsync();
        simulator.Script(provider).Enqueue(SimulatedResponse.RateLimited("7"));
        var ledger = new CountingLedger(new InMemorySpendLedger(TimeProvider.System));
        var tracker = new CostTracker([Budget.Daily("day", 1m)], Prices, ledger);
        using IEmbeddingGenerator<string, Embedding<float>> generator = Create(simulator, provider).AsBuilder().UseBudget(tracker).Build();

        Exception thrown = await Assert.ThrowsAnyAsync<Exception>(() => generator.GenerateAsync(["The capital of Italy"]));

        Assert.True(thrown.TryGetReceipt(out CallReceipt? receipt));
        AttemptReceipt attempt = Assert.Single(receipt.Attempts);
        Assert.Equal((AttemptOutcome.Failed, ChatFailureKind.RateLimited), (attempt.Outcome, attempt.Failure?.Kind));
        Assert.Equal((1, 0, 1, 0), (ledger.Admitted, ledger.Settled, ledger.Released, ledger.Open));
        Assert.Single(simulator.Requests);
    }

    [Theory, MemberData(nameof(Providers))]
    public async Task A1_ParallelEmbeddingsNeverOvershoot(SimulatedProvider provider)
    {
        await using ProviderSimulator simulator = await ProviderSimulator.StartAsync();
        simulator.Script(provider).Default = SimulatedResponse.Echo().WithUsage(1_000, 0);
        string thousand = string.Join(' ', Enumerable.Repeat("hello", 1_000));
        var tracker = new CostTracker([Budget.Daily("day", 1m)], Prices, new CountingLedger(new InMemorySpendLedger(TimeProvider.System)));
        using IEmbeddingGenerator<string, Embedding<float>> generator = Create(simulator, provider).AsBuilder().UseBudget(tracker).Build();

        bool[] admitted = await Task.WhenAll(Enumerable.Range(0, 50).Select(async _ =>
        {
            try
            {
                await generator.GenerateAsync([thousand]);
                return true;
            }
            catch (BudgetExceededException)
            {
                return false;
            }
        }));

        Assert.Equal(10, admitted.Count(one => one));
        Assert.Equal(10, simulator.Requests.Count);
        BudgetStatus status = Assert.Single(await tracker.GetStatusAsync());
        Assert.Equal((1m, 0m), (status.Spent, status.Held));
    }

    [Fact]
    public async Task AConnectionThatIsRefusedCostsNothing()
    {
        await using ProviderSimulator simulator = await ProviderSimulator.StartAsync();
        var tracker = new CostTracker([Budget.Daily("day", 1m)], Prices);
        using IEmbeddingGenerator<string, Embedding<float>> generator =
            OpenAI(simulator.ConnectionRefusedUrl).WithOpenAIProvider().AsBuilder().UseBudget(tracker).Build();

        await Assert.ThrowsAnyAsync<Exception>(() => generator.GenerateAsync(["hello"]));

        BudgetStatus status = Assert.Single(await tracker.GetStatusAsync());
        Assert.Equal((0m, 0m), (status.Spent, status.Held));
    }
}
