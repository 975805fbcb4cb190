using MeaiBudget.Testing;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.Metrics.Testing;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;
using Microsoft.SemanticKernel;
using Microsoft.SemanticKernel.ChatCompletion;

namespace MeaiBudget.Tests;

/// <summary>What an app on top sees: one <see cref="IChatClient"/>, from a container or under Semantic Kernel, with metrics, observers and logs.</summary>
public sealed class ConsumerTests
{
    public static TheoryData<SimulatedProvider> Providers => RealPipeline.Providers;

    [Theory, MemberData(nameof(Providers))]
    public async Task TheOneClientTellsItsProviderEstimatorBudgetAndRoutes(SimulatedProvider provider)
    {
        await using RealPipeline pipeline = await RealPipeline.StartAsync(provider);

        Assert.Equal(provider.ToString(), pipeline.Client.GetService<ChatClientMetadata>()?.ProviderName, ignoreCase: true);
        Assert.NotNull(pipeline.Client.GetService<ITokenEstimator>());
        Assert.Same(pipeline.Tracker, pipeline.Client.GetService<CostTracker>());
        Assert.Equal(
            ["primary", "other-class", "local", "alternate"],
            pipeline.Client.GetService<FallbackChatClient>()?.Routes.Select(route => route.Name));
    }

    [Fact]
    public async Task AnAppThatTakesItsClientFromAContainerSpendsFromTheContainersBudget()
    {
        await using ProviderSimulator simulator = await ProviderSimulator.StartAsync();
        simulator.OpenAI.Enqueue(SimulatedResponse.Text("Rome.").WithUsage(100, 10));
        var services = new ServiceCollection();
        services.AddSingleton(new CostTracker(Budget.Daily("all", 20m)));
        services.AddChatClient(RealClients.Create(simulator, SimulatedProvider.OpenAI, "gpt-4o-mini")).UseTokenEstimation().UseBudget().UseRetry().UseFallback();
        await using ServiceProvider provider = services.BuildServiceProvider();

        ChatResponse response = await provider.GetRequiredService<IChatClient>().GetResponseAsync("What is the capital of Italy?");

        Assert.Equal("Rome.", response.Text);
        Assert.True(response.TryGetReceipt(out CallReceipt? receipt));
        Assert.Equal(0.000021m, receipt.Cost);
        Assert.Equal(0.000021m, (await provider.GetRequiredService<CostTracker>().GetStatusAsync("all")).Spent);
    }

    [Fact]
    public async Task TheFirstExampleOfTheReadmePrintsTheReceiptThatItShows()
    {
        await using ProviderSimulator simulator = await ProviderSimulator.StartAsync();
        simulator.OpenAI.Enqueue(SimulatedResponse.Text("The capital of Italy is Rome.").WithUsage(14, 8));
        using IChatClient openAi = RealClients.Create(simulator, SimulatedProvider.OpenAI, "gpt-4.1-mini");

        IChatClient client = new ChatClientBuilder(openAi)
            .UseBudget(Budget.Daily("all", 20m))
            .Build();
        ChatResponse response = await client.GetResponseAsync("What is the capital of Italy?");

        Assert.True(response.TryGetReceipt(out CallReceipt? receipt));
        string shown = File.ReadAllText(RepositoryFolder.PathOf("README.md")).ReplaceLineEndings("\n").Split("```\n")[2];
        Assert.Equal(WithoutDuration(shown), WithoutDuration(receipt.Explain()));

        static string WithoutDuration(string text) => System.Text.RegularExpressions.Regex.Replace(text.Trim(), @"[0-9.]+ s$", "", System.Text.RegularExpressions.RegexOptions.Multiline);
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task SemanticKernelSpeaksThroughThePipeline(bool streaming)
    {
        await using RealPipeline pipeline = await RealPipeline.StartAsync(SimulatedProvider.OpenAI);
        pipeline.Primary.Default = SimulatedResponse.ServerError();
        pipeline.Alternate.Enqueue(SimulatedResponse.Text("From elsewhere.").WithUsage(100, 50));
        IChatCompletionService kernel = pipeline.Client.AsChatCompletionService();
        var history = new ChatHistory("Be brief.");
        history.AddUserMessage("Hello");
        string text = "";

        if (streaming)
        {
            await foreach (StreamingChatMessageContent update in kernel.GetStreamingChatMessageContentsAsync(history))
            {
                text += update.Content;
            }
        }
        else
        {
            text = (await kernel.GetChatMessageContentAsync(history)).Content!;
        }

        Assert.Equal("From elsewhere.", text);
        Assert.Equal(0.0002m, (await pipeline.StatusAsync()).Spent);
        await pipeline.AssertBalancedAsync(settled: 1);
    }

    [Theory, MemberData(nameof(Providers))]
    public async Task EveryAttemptReachesMetricsAndObservers(SimulatedProvider provider)
    {
        await using RealPipeline pipeline = await RealPipeline.StartAsync(provider);
        string route = Guid.NewGuid().ToString("N");
        var observer = new ListObserver();
        using var costs = new MetricCollector<double>(null, MeaiBudgetDiagnostics.MeterName, MeaiBudgetDiagnostics.CostMetric);
        using IChatClient client = new ChatClientBuilder(pipeline.PrimaryClient)
            .UseBudget(pipeline.Tracker)
            .UseRetry(new RetryOptions { BaseDelay = TimeSpan.Zero, MaxDelay = TimeSpan.Zero, RetryBudget = new RetryBudget(1, 1000) })
            .UseFallback(configure: options => options.PrimaryName = route)
            .Build(new ServiceCollection().AddSingleton<ICallObserver>(observer).BuildServiceProvider());
        pipeline.Primary.Enqueue(SimulatedResponse.ServerError(), SimulatedResponse.Text("Now.").WithUsage(120, 7));

        await client.GetResponseAsync("Hello");

        Assert.Equal([AttemptOutcome.Failed, AttemptOutcome.Answered], observer.Attempts.Select(attempt => attempt.Outcome));
        Assert.Equal(0.000134m, Assert.Single(observer.Calls).Cost);
        CollectedMeasurement<double> measured = Assert.Single(costs.GetMeasurementSnapshot(), entry => Equals(entry.Tags.GetValueOrDefault(MeaiBudgetDiagnostics.RouteTag), route));
        Assert.Equal(0.000134, measured.Value, 12);
    }

    [Theory, MemberData(nameof(Providers))]
    public async Task NoKeyAndNoPromptReachesALog(SimulatedProvider provider)
    {
        const string key = "sk-proj-Zq8vT3nLr0XwYb7KcD2mHs5J";
        await using RealPipeline pipeline = await RealPipeline.StartAsync(provider);
        var logs = new FakeLogCollector();
        using ILoggerFactory factory = LoggerFactory.Create(builder => builder.SetMinimumLevel(LogLevel.Trace).AddProvider(new FakeLoggerProvider(logs)));
        using var handler = new RedactedHttpLoggingHandler(
            factory.CreateLogger<RedactedHttpLoggingHandler>(), new RedactedHttpLoggingOptions())
        { InnerHandler = ProviderSimulator.CreateHttpHandler() };
        using IChatClient client = new ChatClientBuilder(pipeline.CreateClient(provider, RealPipeline.PrimaryModel, options =>
            {
                options.ApiKey = key;
                options.HttpMessageHandler = handler;
            }))
            .UseRedactedLogging(factory).UseTokenEstimation().UseBudget(pipeline.Tracker).UseRetry().UseFallback()
            .Build();

        await client.GetResponseAsync("The patient's name is Ottilie.");

        Assert.Contains(key, string.Join('\n', Assert.Single(pipeline.Simulator.Requests).Headers), StringComparison.Ordinal);
        string all = string.Join('\n', logs.GetSnapshot().Select(record =>
            record.Message + string.Join(' ', record.StructuredState?.Select(pair => $"{pair.Key}={pair.Value}") ?? []) + record.Exception));
        Assert.NotEmpty(all);
        Assert.DoesNotContain(key, all, StringComparison.Ordinal);
        Assert.DoesNotContain("Ottilie", all, StringComparison.Ordinal);
    }

    private sealed class ListObserver : ICallObserver
    {
        public List<AttemptReceipt> Attempts { get; } = [];

        public List<CallReceipt> Calls { get; } = [];

        public void OnAttempt(AttemptReceipt attempt) => Attempts.Add(attempt);

        public void OnCall(CallReceipt receipt) => Calls.Add(receipt);
    }
}
