using MeaiBudget.Testing;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.AI.Evaluation;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.SemanticKernel;
using Microsoft.SemanticKernel.ChatCompletion;
using ModelContextProtocol;
using ModelContextProtocol.Protocol;

namespace MeaiBudget.Tests;

/// <summary>Semantic Kernel below the pipeline, evaluation under a budget, sampling for MCP servers, and a resilience handler around the HTTP client.</summary>
[Collection("One after another")]
public sealed class HostTests : IAsyncLifetime
{
    private ProviderSimulator _simulator = null!;

    public async ValueTask InitializeAsync() => _simulator = await ProviderSimulator.StartAsync();

    public ValueTask DisposeAsync() => _simulator.DisposeAsync();

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public async Task L18_ServicesOfSemanticKernelBelowThePipelineArePriced(bool withProvider, bool streaming)
    {
        _simulator.OpenAI.Default = SimulatedResponse.Text("all of it").WithUsage(100, 3);
        var tracker = new CostTracker(Budget.Daily("day", 5m));
        using IChatClient client = new ChatClientBuilder(KernelClient(withProvider)).UseTokenEstimation().UseBudget(tracker).Build();
        string text = streaming
            ? (await client.GetStreamingResponseAsync("hi", new ChatOptions { MaxOutputTokens = 300 }, TestContext.Current.CancellationToken).ToChatResponseAsync(TestContext.Current.CancellationToken)).Text
            : (await client.GetResponseAsync("hi", new ChatOptions { MaxOutputTokens = 300 }, TestContext.Current.CancellationToken)).Text;
        Assert.Equal("all of it", text);
        Assert.InRange((await tracker.GetStatusAsync("day", cancellationToken: TestContext.Current.CancellationToken)).Spent, 0.000001m, 0.0001m);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task L18_ARateLimitOfAServiceOfSemanticKernelIsNotCharged(bool withProvider)
    {
        _simulator.OpenAI.Default = SimulatedResponse.RateLimited();
        var tracker = new CostTracker(Budget.Daily("day", 5m));
        using IChatClient client = new ChatClientBuilder(KernelClient(withProvider)).UseTokenEstimation().UseBudget(tracker).Build();
        Exception thrown = await Assert.ThrowsAnyAsync<Exception>(() =>
            client.GetStreamingResponseAsync("hi", new ChatOptions { MaxOutputTokens = 300 }, TestContext.Current.CancellationToken).ToChatResponseAsync(TestContext.Current.CancellationToken));
        Assert.True(thrown.TryGetReceipt(out CallReceipt? receipt));
        Assert.Equal((ChatFailureKind.RateLimited, 0m), (receipt.Attempts[^1].Failure!.Kind, receipt.Cost));
        Assert.Equal(0m, (await tracker.GetStatusAsync("day", cancellationToken: TestContext.Current.CancellationToken)).Spent);
    }

    [Fact]
    public async Task AnEvaluationSpendsFromItsRun()
    {
        using IChatClient judge = new ChatClientBuilder(new ScriptedChatClient("gpt-4.1-mini", "openai") { Default = ScriptedReply.Text("4").WithUsage(10, 10) })
            .UseBudget(new CostTracker(Budget.Daily("day", 5m))).Build();
        using var run = BudgetRun.Begin("evaluation", 0.0003m);
        var evaluator = new ScoreEvaluator();
        var configuration = new ChatConfiguration(judge);
        EvaluationResult result = await evaluator.EvaluateAsync([new ChatMessage(ChatRole.User, "Is the sky blue?")], new ChatResponse(new ChatMessage(ChatRole.Assistant, "Yes.")), configuration, cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal(4, result.Get<NumericMetric>("Score").Value);
        Assert.Equal(0.00002m, run.Spent);

        // The worst case of a later evaluation does not fit into what is left.
        await Assert.ThrowsAsync<BudgetExceededException>(async () =>
        {
            for (int i = 0; i < 20; i++)
            {
                await evaluator.EvaluateAsync([new ChatMessage(ChatRole.User, "Is the sky blue?")], new ChatResponse(new ChatMessage(ChatRole.Assistant, "Yes.")), configuration, cancellationToken: TestContext.Current.CancellationToken);
            }
        });
        Assert.True(run.WasRefused && run.Spent <= 0.0003m);
    }

    [Fact]
    public async Task SamplingForAnMcpServerIsRefusedByTheBudget()
    {
        using IChatClient client = new ChatClientBuilder(new ScriptedChatClient("gpt-4.1-mini", "openai") { Default = ScriptedReply.Text("sampled").WithUsage(1_000, 10) })
            .UseBudget(new CostTracker(Budget.Daily("day", 0.001m))).Build();
        Func<CreateMessageRequestParams?, IProgress<ProgressNotificationValue>, CancellationToken, ValueTask<CreateMessageResult>> sample = client.CreateSamplingHandler();
        var request = new CreateMessageRequestParams { MaxTokens = 400, Messages = [new SamplingMessage { Role = Role.User, Content = [new TextContentBlock { Text = "Sample." }] }] };
        CreateMessageResult result = await sample(request, new Progress<ProgressNotificationValue>(), TestContext.Current.CancellationToken);
        Assert.Equal("sampled", Assert.IsType<TextContentBlock>(result.Content[0]).Text);
        await Assert.ThrowsAsync<BudgetExceededException>(async () =>
        {
            for (int i = 0; i < 10; i++)
            {
                await sample(request, new Progress<ProgressNotificationValue>(), TestContext.Current.CancellationToken);
            }
        });
    }

    [Fact]
    public async Task EachRequestOfAResilienceHandlerIsReservedAndCharged()
    {
        int requests = 0;
        _simulator.OpenAI.Default = SimulatedResponse.From(_ => Interlocked.Increment(ref requests) < 3 ? SimulatedResponse.ServerError() : SimulatedResponse.Text("late").WithUsage(10, 300));
        var services = new ServiceCollection();
        services.AddHttpClient("llm").AddStandardResilienceHandler(options => options.Retry.Delay = TimeSpan.Zero);
        await using ServiceProvider provider = services.BuildServiceProvider();
        var tracker = new CostTracker(Budget.Daily("day", 5m));
        using IChatClient client = new ChatClientBuilder(OpenAIChatClientFactory.Create(new()
        {
            ApiKey = "k",
            BaseUrl = _simulator.OpenAIBaseUrl.ToString(),
            ModelId = "gpt-4.1-mini",
            HttpMessageHandler = provider.GetRequiredService<IHttpMessageHandlerFactory>().CreateHandler("llm"),
        })).UseTokenEstimation().UseBudget(tracker).Build();

        ChatResponse response = await client.GetResponseAsync("hi", new ChatOptions { MaxOutputTokens = 300 }, TestContext.Current.CancellationToken);

        Assert.Equal("late", response.Text);
        Assert.True(response.TryGetReceipt(out CallReceipt? receipt));
        Assert.Equal(3, Assert.Single(receipt.Attempts).RequestCount);
        Assert.True(receipt.Cost >= 0.000484m, $"{receipt.Cost}");
        Assert.Equal(receipt.Cost, (await tracker.GetStatusAsync("day", cancellationToken: TestContext.Current.CancellationToken)).Spent);
    }

    private IChatClient KernelClient(bool withProvider)
    {
        IKernelBuilder kernel = Kernel.CreateBuilder();
        kernel.AddOpenAIChatCompletion("gpt-4.1-mini", _simulator.OpenAIBaseUrl, "sk-test");
        IChatClient client = kernel.Build().GetRequiredService<IChatCompletionService>().AsChatClient();
        return withProvider ? client.WithOpenAIProvider() : client;
    }

    /// <summary>Asks a model for a score.</summary>
    private sealed class ScoreEvaluator : IEvaluator
    {
        public IReadOnlyCollection<string> EvaluationMetricNames => ["Score"];

        public async ValueTask<EvaluationResult> EvaluateAsync(
            IEnumerable<ChatMessage> messages, ChatResponse modelResponse, ChatConfiguration? chatConfiguration = null, IEnumerable<EvaluationContext>? additionalContext = null, CancellationToken cancellationToken = default)
        {
            ChatResponse score = await chatConfiguration!.ChatClient.GetResponseAsync([.. messages, .. modelResponse.Messages], new ChatOptions { MaxOutputTokens = 100 }, cancellationToken);
            return new EvaluationResult(new NumericMetric("Score", int.Parse(score.Text, System.Globalization.CultureInfo.InvariantCulture)));
        }
    }
}
