using System.ClientModel;
using System.ClientModel.Primitives;
using System.Diagnostics;
using Anthropic;
using MeaiBudget.Testing;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.Metrics.Testing;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;
using OllamaSharp;
using OpenAI;
using OpenAI.Chat;
using OpenAI.Responses;

namespace MeaiBudget.Tests;

/// <summary>Requests of the real SDKs that reach the provider's HTTP pipeline without a budget are counted, logged, and refused if a budget is required.</summary>
#pragma warning disable OPENAI001 // The Responses API is experimental.
public sealed class UnbudgetedRequestTests
{
    private static readonly string[] Kinds =
        ["openai", "openai responses", "anthropic", "litellm", "ollama", "app openai", "app responses", "app anthropic", "app ollama"];

    public static TheoryData<string, bool> Clients
    {
        get
        {
            var data = new TheoryData<string, bool>();
            foreach (string kind in Kinds)
            {
                data.Add(kind, false);
                data.Add(kind, true);
            }

            return data;
        }
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory, MemberData(nameof(Clients))]
    public async Task ARequestOutsideOfAPipelineIsSentAndCounted(string kind, bool streaming)
    {
        await using ProviderSimulator simulator = await ProviderSimulator.StartAsync();
        using var sender = new NamedHost(simulator, "counted.example");
        using IChatClient client = Create(kind, sender, requiresBudget: false);
        using var metric = new MetricCollector<long>(null, MeaiBudgetDiagnostics.MeterName, MeaiBudgetDiagnostics.UnbudgetedRequestsMetric);
        long before = ChatWireHandler.UnbudgetedRequests;

        Assert.NotEmpty((await client.AskAsync(streaming, cancellationToken: Token)).Text);

        Assert.Equal(("no_pipeline", "false"), Assert.Single(Measured(metric, sender.Host)));
        Assert.True(ChatWireHandler.UnbudgetedRequests > before);
        Assert.Single(simulator.Requests);
    }

    [Theory, MemberData(nameof(Clients))]
    public async Task ARequestOutsideOfAPipelineIsRefusedIfABudgetIsRequired(string kind, bool streaming)
    {
        await using ProviderSimulator simulator = await ProviderSimulator.StartAsync();
        using var sender = new NamedHost(simulator, "refused.example");
        using IChatClient client = Create(kind, sender, requiresBudget: true);
        using var metric = new MetricCollector<long>(null, MeaiBudgetDiagnostics.MeterName, MeaiBudgetDiagnostics.UnbudgetedRequestsMetric);

        PipelineException refusal = await Assert.ThrowsAsync<PipelineException>(() => client.AskAsync(streaming, cancellationToken: Token));

        Assert.Equal("MB011", refusal.Id);
        Assert.Contains("refused.example", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("UseBudget", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("RequireBudget", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(("no_pipeline", "true"), Assert.Single(Measured(metric, sender.Host)));
        Assert.Empty(simulator.Requests);
    }

    [Theory, MemberData(nameof(Clients))]
    public async Task ARequestOfAPipelineWithABudgetIsNotCounted(string kind, bool streaming)
    {
        await using ProviderSimulator simulator = await ProviderSimulator.StartAsync();
        using var sender = new NamedHost(simulator, "budgeted.example");
        using IChatClient client = Create(kind, sender, requiresBudget: true).AsBuilder().UseTokenEstimation().UseBudget(Tracker()).UseRetry().Build();
        using var metric = new MetricCollector<long>(null, MeaiBudgetDiagnostics.MeterName, MeaiBudgetDiagnostics.UnbudgetedRequestsMetric);

        Assert.NotEmpty((await client.AskAsync(streaming, options: new() { MaxOutputTokens = 100 }, cancellationToken: Token)).Text);
        Assert.NotEmpty((await client.AskAsync(streaming, options: Raw(kind), cancellationToken: Token)).Text);

        Assert.Empty(Measured(metric, sender.Host));
        Assert.Equal(2, simulator.Requests.Count);
    }

    [Theory, MemberData(nameof(Clients))]
    public async Task ARequestOfAPipelineWithoutABudgetIsRefusedOnce(string kind, bool streaming)
    {
        await using ProviderSimulator simulator = await ProviderSimulator.StartAsync();
        using var sender = new NamedHost(simulator, "retried.example");
        using IChatClient client = Create(kind, sender, requiresBudget: true).AsBuilder().UseRetry().Build();
        using var metric = new MetricCollector<long>(null, MeaiBudgetDiagnostics.MeterName, MeaiBudgetDiagnostics.UnbudgetedRequestsMetric);
        using ReceiptCapture capture = CallReceipts.Capture();

        PipelineException refusal = await Assert.ThrowsAsync<PipelineException>(() => client.AskAsync(streaming, cancellationToken: Token));

        Assert.Equal("MB011", refusal.Id);
        Assert.Equal(("no_budget", "true"), Assert.Single(Measured(metric, sender.Host)));
        ChatFailure failure = Assert.Single(Assert.Single(capture.Receipts).Attempts).Failure!;
        Assert.Equal((ChatFailureKind.InvalidRequest, ChatFailurePhase.NotSent), (failure.Kind, failure.Phase));
        Assert.Empty(simulator.Requests);
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task AWarningIsLoggedOncePerHostAndHour(bool streaming)
    {
        await using ProviderSimulator simulator = await ProviderSimulator.StartAsync();
        string host = $"logged-{streaming}.example".ToLowerInvariant();
        using var sender = new NamedHost(simulator, host);
        var log = new FakeLogCollector();
        using var loggers = new LoggerFactory([new FakeLoggerProvider(log)]);
        using IChatClient first = Create("openai", sender, requiresBudget: false, loggers);
        using IChatClient second = Create("app openai", sender, requiresBudget: false, loggers);

        for (int i = 0; i < 3; i++)
        {
            await first.AskAsync(streaming, cancellationToken: Token);
            await second.AskAsync(streaming, cancellationToken: Token);
        }

        FakeLogRecord record = Assert.Single(log.GetSnapshot());
        Assert.Equal((LogLevel.Warning, 111), (record.Level, record.Id.Id));
        Assert.Contains(host, record.Message, StringComparison.Ordinal);
        Assert.Contains("UseBudget", record.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task TheActivityThatIsCurrentHasAnEvent()
    {
        using var source = new ActivitySource(nameof(UnbudgetedRequestTests));
        using var listener = new ActivityListener
        {
            ShouldListenTo = one => one.Name == source.Name,
            Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
        };
        ActivitySource.AddActivityListener(listener);
        await using ProviderSimulator simulator = await ProviderSimulator.StartAsync();
        using var sender = new NamedHost(simulator, "traced.example");
        using IChatClient client = Create("anthropic", sender, requiresBudget: false);
        using Activity activity = source.StartActivity("page")!;

        await client.AskAsync(streaming: false, cancellationToken: Token);

        ActivityEvent told = Assert.Single(activity.Events, one => one.Name == MeaiBudgetDiagnostics.UnbudgetedRequestEventName);
        Assert.Equal("traced.example", told.Tags.Single(tag => tag.Key == MeaiBudgetDiagnostics.ServerAddressTag).Value);
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task AClientOfAnHttpClientFactoryRequiresABudget(bool isFirst)
    {
        await using ProviderSimulator simulator = await ProviderSimulator.StartAsync();
        using var sender = new NamedHost(simulator, "factory.example");
        var services = new ServiceCollection();
        IHttpClientBuilder builder = services.AddHttpClient("models");
        _ = isFirst
            ? builder.AddChatWire(handler => handler.RequireBudget = true).ConfigurePrimaryHttpMessageHandler(() => new NamedHost(simulator, "factory.example"))
            : builder.ConfigurePrimaryHttpMessageHandler(() => new NamedHost(simulator, "factory.example")).AddChatWire(handler => handler.RequireBudget = true);
        await using ServiceProvider provider = services.BuildServiceProvider();
        HttpClient http = provider.GetRequiredService<IHttpClientFactory>().CreateClient("models");
        using IChatClient client = new ChatClient("gpt-4.1-mini", new ApiKeyCredential("k"), Sdk(new OpenAIClientOptions { Endpoint = sender.OpenAIBaseUrl }).AddChatWire(http)).AsIChatClient();

        PipelineException refusal = await Assert.ThrowsAsync<PipelineException>(() => client.AskAsync(streaming: false, cancellationToken: Token));

        Assert.Equal("MB011", refusal.Id);
        Assert.Empty(simulator.Requests);
    }

    [Fact]
    public async Task ARequirementIsAddedToAHandlerThatIsAlreadyThere()
    {
        await using ProviderSimulator simulator = await ProviderSimulator.StartAsync();
        using var sender = new NamedHost(simulator, "present.example");
        using var present = new ChatWireHandler(sender);
        using IChatClient made = OpenAIChatClientFactory.Create(new()
        {
            ApiKey = "k",
            ModelId = "gpt-4.1-mini",
            BaseUrl = sender.OpenAIBaseUrl.ToString(),
            HttpMessageHandler = present,
            RequireBudget = true,
        });
        OpenAIClientOptions options = Sdk(new OpenAIClientOptions { Endpoint = sender.OpenAIBaseUrl }).AddChatWire(new HttpClient(new NamedHost(simulator, "present.example")));
        using IChatClient second = new ChatClient("gpt-4.1-mini", new ApiKeyCredential("k"), options.AddChatWire(configure: handler => handler.RequireBudget = true)).AsIChatClient();

        await Assert.ThrowsAsync<PipelineException>(() => made.AskAsync(streaming: false, cancellationToken: Token));
        await Assert.ThrowsAsync<PipelineException>(() => second.AskAsync(streaming: false, cancellationToken: Token));

        Assert.Empty(simulator.Requests);
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task EmbeddingsWithoutABudgetAreRefused(bool hasBudget)
    {
        await using ProviderSimulator simulator = await ProviderSimulator.StartAsync();
        using var sender = new NamedHost(simulator, "embedded.example");
        OpenAIClientOptions options = Sdk(new OpenAIClientOptions { Endpoint = sender.OpenAIBaseUrl }).AddChatWire(new HttpClient(sender), handler => handler.RequireBudget = true);
        using IEmbeddingGenerator<string, Embedding<float>> inner = new OpenAIClient(new ApiKeyCredential("k"), options)
            .GetEmbeddingClient("text-embedding-3-small").AsIEmbeddingGenerator().WithOpenAIProvider();
        using IEmbeddingGenerator<string, Embedding<float>> generator = hasBudget ? inner.AsBuilder().UseBudget(Tracker()).Build() : inner;

        Exception? refusal = await Record.ExceptionAsync(() => generator.GenerateAsync(["Rome"], cancellationToken: Token));

        Assert.Equal(hasBudget ? null : "MB011", (refusal as PipelineException)?.Id);
        Assert.Equal(hasBudget ? 1 : 0, simulator.Requests.Count);
    }

    [Theory, InlineData("openai responses"), InlineData("anthropic"), InlineData("litellm")]
    public async Task CountingTokensNeedsNoBudget(string kind)
    {
        await using ProviderSimulator simulator = await ProviderSimulator.StartAsync();
        using var sender = new NamedHost(simulator, "count.example");
        using IChatClient client = Create(kind, sender, requiresBudget: true);
        IChatTokenCounter counter = client.GetService<IChatTokenCounter>()!;

        Assert.True(await counter.CountTokensAsync([new Microsoft.Extensions.AI.ChatMessage(ChatRole.User, "How are you?")], null, Token) > 0);
    }

    [Fact]
    public async Task AProviderInConfigurationRequiresABudget()
    {
        await using ConfiguredApplication app = await ConfiguredApplication.StartAsync("""
            {
              "MeaiBudget": {
                "Providers": { "openai": { "Type": "OpenAI", "RequireBudget": true }, "anthropic": { "Type": "Anthropic" }, "ollama": { "Type": "Ollama" } },
                "Routes": { "mini": { "Provider": "openai", "Model": "gpt-4.1-mini" } },
                "Models": { "chat": { "Route": "mini" } },
                "Budgets": { "day": { "Period": "Day", "Limit": 10 } }
              }
            }
            """);
        ChatRoute route = app.Services.GetRequiredKeyedService<ChatRoute>("mini");

        PipelineException refusal = await Assert.ThrowsAsync<PipelineException>(() => route.Client.AskAsync(streaming: false, cancellationToken: Token));
        Assert.Equal("MB011", refusal.Id);
        Assert.Empty(app.Simulator.Requests);

        Assert.NotEmpty((await app.Client.AskAsync(streaming: true, options: new() { MaxOutputTokens = 100 }, cancellationToken: Token)).Text);
        Assert.Single(app.Simulator.Requests);
    }

    private static CostTracker Tracker() =>
        new([Budget.Daily("day", 100m)], PriceCatalog.Default.With("llama3.2", ModelPrice.PerMillionTokens(1m, 2m)));

    private static (string Cause, string Refused)[] Measured(MetricCollector<long> metric, string host) =>
    [
        .. metric.GetMeasurementSnapshot()
            .Where(one => Equals(one.Tags[MeaiBudgetDiagnostics.ServerAddressTag], host))
            .Select(one => ((string)one.Tags[MeaiBudgetDiagnostics.UnbudgetedCauseTag]!, (string)one.Tags[MeaiBudgetDiagnostics.EnforcedTag]!)),
    ];

    private static T Sdk<T>(T options)
        where T : ClientPipelineOptions
    {
        options.RetryPolicy = new ClientRetryPolicy(maxRetries: 0);
        return options;
    }

    private static ChatOptions Raw(string kind) => new()
    {
        MaxOutputTokens = 100,
        RawRepresentationFactory = _ => kind switch
        {
            _ when kind.EndsWith("responses", StringComparison.Ordinal) => new CreateResponseOptions { MaxOutputTokenCount = 50 },
            _ when kind.EndsWith("anthropic", StringComparison.Ordinal) => new Anthropic.Models.Messages.MessageCreateParams { MaxTokens = 50, Messages = [], Model = "claude-haiku-4-5" },
            _ when kind.EndsWith("ollama", StringComparison.Ordinal) => new OllamaSharp.Models.Chat.ChatRequest { Options = new() { NumPredict = 50 } },
            _ => new ChatCompletionOptions { MaxOutputTokenCount = 50 },
        },
    };

    private static IChatClient Create(string kind, NamedHost sender, bool requiresBudget, ILoggerFactory? loggers = null)
    {
        void Configure(ChatWireHandler handler) => (handler.RequireBudget, handler.LoggerFactory) = (requiresBudget, loggers);

        T Options<T>(T options, Uri baseUrl, string model)
            where T : ProviderClientOptions
        {
            options.ApiKey = "k";
            options.BaseUrl = baseUrl.ToString();
            options.ModelId = model;
            options.HttpMessageHandler = sender;
            options.RequireBudget = requiresBudget;
            options.LoggerFactory = loggers;
            return options;
        }

        var key = new ApiKeyCredential("k");
        return kind switch
        {
            "openai" => OpenAIChatClientFactory.Create(Options(new OpenAIChatClientOptions(), sender.OpenAIBaseUrl, "gpt-4.1-mini")),
            "openai responses" => OpenAIChatClientFactory.Create(Options(new OpenAIChatClientOptions { UseResponsesApi = true }, sender.OpenAIBaseUrl, "gpt-4.1-mini")),
            "anthropic" => AnthropicChatClientFactory.Create(Options(new AnthropicChatClientOptions(), sender.BaseUrl("anthropic"), "claude-haiku-4-5")),
            "litellm" => LiteLLMChatClientFactory.Create(Options(new LiteLLMChatClientOptions(), sender.BaseUrl("litellm/v1"), "gpt-4.1-mini")),
            "ollama" => OllamaChatClientFactory.Create(Options(new OllamaChatClientOptions(), sender.BaseUrl("ollama/"), "llama3.2")),
            "app openai" => new ChatClient("gpt-4.1-mini", key, Sdk(new OpenAIClientOptions { Endpoint = sender.OpenAIBaseUrl }).AddChatWire(new HttpClient(sender), Configure))
                .AsIChatClient().WithOpenAIProvider(),
            "app responses" => new ResponsesClient(key, Sdk(new ResponsesClientOptions { Endpoint = sender.OpenAIBaseUrl }).AddChatWire(new HttpClient(sender), Configure))
                .AsIChatClient("gpt-4.1-mini").WithOpenAIProvider(),
            "app anthropic" => new AnthropicClient { ApiKey = "k", BaseUrl = sender.BaseUrl("anthropic").ToString(), HttpClient = new HttpClient(sender), MaxRetries = 0 }
                .AddChatWire(Configure).AsIChatClient("claude-haiku-4-5").WithAnthropicProvider(),
            _ => OllamaOf(ChatWireHandler.CreateClient(sender, Configure), sender.BaseUrl("ollama/")),
        };
    }

    private static IChatClient OllamaOf(HttpClient http, Uri baseUrl)
    {
        http.BaseAddress = baseUrl;
        return new OllamaApiClient(http, "llama3.2").WithOllamaProvider();
    }

    /// <summary>Sends to a simulator what is addressed to a host of its own, so that a test finds its own measurements.</summary>
    private sealed class NamedHost(ProviderSimulator simulator, string host) : HttpMessageHandler
    {
        private readonly HttpMessageInvoker _invoker = new(ProviderSimulator.CreateHttpHandler());

        public string Host => host;

        public Uri OpenAIBaseUrl => BaseUrl("openai/v1");

        public Uri BaseUrl(string path) => new($"http://{host}/{path}");

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Uri address = request.RequestUri!;
            request.RequestUri = new Uri(simulator.BaseUrl, address.PathAndQuery);
            HttpResponseMessage response = await _invoker.SendAsync(request, cancellationToken);
            request.RequestUri = address;
            return response;
        }

        protected override void Dispose(bool disposing)
        {
            _invoker.Dispose();
            base.Dispose(disposing);
        }
    }
}
#pragma warning restore OPENAI001
