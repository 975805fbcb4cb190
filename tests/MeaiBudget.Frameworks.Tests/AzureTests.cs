using System.ClientModel;
using System.ClientModel.Primitives;
using System.Text.Json;
using Azure.AI.OpenAI;
using Azure.Core;
using MeaiBudget.Testing;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace MeaiBudget.Tests;

/// <summary>Azure OpenAI: deployments mapped to models, credentials, configuration, the application's own clients, and spill-over.</summary>
[Collection("One after another")]
public sealed class AzureTests : IAsyncLifetime
{
    private ProviderSimulator _simulator = null!;

    public async ValueTask InitializeAsync() => _simulator = await ProviderSimulator.StartAsync();

    public ValueTask DisposeAsync() => _simulator.DisposeAsync();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task ADeploymentHasPricesTokenizerAndLimitsOfItsModel(bool useResponsesApi)
    {
        Answers(SimulatedResponse.Text("yes").WithUsage(1_000, 100).WithModel("gpt-4.1-mini-2025-04-14"));
        var tracker = new CostTracker(Budget.Daily("day", 5m));
        using IChatClient client = new ChatClientBuilder(AzureOpenAIChatClientFactory.Create(Options(options => options.UseResponsesApi = useResponsesApi)))
            .UseTokenEstimation().UseBudget(tracker).Build();

        ChatResponse response = await client.GetResponseAsync("How are you?", new ChatOptions { MaxOutputTokens = 500 }, TestContext.Current.CancellationToken);

        Assert.True(response.TryGetReceipt(out CallReceipt? receipt));
        AttemptReceipt attempt = Assert.Single(receipt.Attempts);
        Assert.Equal(("gpt-4.1-mini", "azure.ai.openai"), (attempt.ModelId, attempt.Provider));
        Assert.Equal(TokenEstimateSource.Exact, attempt.Estimate!.Source);
        Assert.Equal((0.0004m * 1_000 / 1_000) + (0.0016m * 100 / 1_000), receipt.Cost);
        SimulatedRequest request = Assert.Single(_simulator.Requests);
        Assert.Equal("chat-prod", JsonDocument.Parse(request.BodyText).RootElement.GetProperty("model").GetString());
        Assert.Equal("azure-key", request.Header("api-key"));
        Assert.StartsWith("/openai/v1/", request.Path, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("/")]
    [InlineData("/openai")]
    [InlineData("/openai/v1/")]
    public async Task TheAddressOfTheResourceIsEnough(string path)
    {
        using IChatClient client = AzureOpenAIChatClientFactory.Create(Options(options => options.BaseUrl = _simulator.BaseUrl.ToString().TrimEnd('/') + path));
        Assert.NotEmpty((await client.GetResponseAsync("x", cancellationToken: TestContext.Current.CancellationToken)).Text);
    }

    [Fact]
    public async Task ATokenCredentialReplacesTheKey()
    {
        // The SDK sends tokens over TLS only, so the request ends at a handler.
        using var handler = new OneAnswer();
        using IChatClient client = AzureOpenAIChatClientFactory.Create(Options(options =>
            (options.ApiKey, options.Credential, options.BaseUrl, options.HttpMessageHandler) = (null, new StaticCredential(), "https://app.openai.azure.com", handler)));
        await client.GetResponseAsync("x", cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal("https://app.openai.azure.com/openai/v1/chat/completions", handler.Request!.RequestUri!.ToString());
        Assert.Equal("Bearer token-for-https://cognitiveservices.azure.com/.default", handler.Request.Headers.Authorization!.ToString());
        Assert.False(handler.Request.Headers.Contains("api-key"));
    }

    [Fact]
    public void KeyAndCredentialTogetherOrNeitherAreMistakes()
    {
        ProviderConfigurationException both = Assert.Throws<ProviderConfigurationException>(() => AzureOpenAIChatClientFactory.Create(Options(options => options.Credential = new StaticCredential())));
        Assert.DoesNotContain("azure-key", both.ToString(), StringComparison.Ordinal);
        Assert.Throws<ProviderConfigurationException>(() => AzureOpenAIChatClientFactory.Create(Options(options => options.ApiKey = null)));
        Assert.Throws<ProviderConfigurationException>(() => AzureOpenAIChatClientFactory.Create(Options(options => options.BaseUrl = null)));
    }

    [Fact]
    public async Task ADeploymentWithoutAModelIsRefusedWithTheLineToAdd()
    {
        using IChatClient client = new ChatClientBuilder(AzureOpenAIChatClientFactory.Create(Options(options => options.Deployments.Clear())))
            .UseBudget(Budget.Daily("day", 5m)).Build();
        BudgetExceededException refused = await Assert.ThrowsAsync<BudgetExceededException>(() => client.GetResponseAsync("x"));
        Assert.Equal(RefusalReason.UnknownPrice, refused.Refusal.Reason);
        Assert.Contains("chat-prod", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task TheApplicationsOwnAzureClientsHaveDeployments(bool streaming)
    {
        Answers(SimulatedResponse.Text("yes").WithUsage(1_000, 100).WithModel("gpt-4.1-mini-2025-04-14"));
        var tracker = new CostTracker(Budget.Daily("day", 5m));
        var own = new AzureOpenAIClient(_simulator.BaseUrl, new ApiKeyCredential("k"), new AzureOpenAIClientOptions { RetryPolicy = new ClientRetryPolicy(maxRetries: 0) }.AddChatWire());
        using IChatClient client = new ChatClientBuilder(own.GetChatClient("chat-prod").AsIChatClient()
            .WithOpenAIProvider(deployments: new Dictionary<string, string> { ["chat-prod"] = "gpt-4.1-mini" })).UseTokenEstimation().UseBudget(tracker).Build();
        using ReceiptCapture receipts = CallReceipts.Capture();

        ChatResponse response = await AskAsync(client, streaming, new ChatOptions { MaxOutputTokens = 1_000 });

        Assert.Equal("yes", response.Text);
        AttemptReceipt attempt = Assert.Single(Assert.Single(receipts.Receipts).Attempts);
        Assert.Equal("gpt-4.1-mini", attempt.ModelId);
        Assert.InRange(attempt.Reserved, 0.0016m, 0.002m);
        Assert.Equal((0.00056m, CostKind.Computed), (attempt.Cost.Amount, attempt.Cost.Kind));
        Assert.Equal(0.00056m, (await tracker.GetStatusAsync("day", cancellationToken: TestContext.Current.CancellationToken)).Spent);
        SimulatedRequest request = Assert.Single(_simulator.Requests);
        Assert.StartsWith("/openai/deployments/chat-prod/chat/completions?api-version=", request.Path, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("gpt-5-mini-2025-08-07", false, 0.00025 + 0.0002 + 0.00014)]
    [InlineData("gpt-5-mini-2025-08-07", true, 0.00025 + 0.0002 + 0.00014)]
    [InlineData("claude-opus-4-1", false, 0.015 + 0.0075 + 0.00014)]
    public async Task AModelRouterCostsTheModelThatAnsweredAndItsFee(string answering, bool streaming, double expected)
    {
        Answers(SimulatedResponse.Text("yes").WithUsage(1_000, 100).WithModel(answering));
        using IChatClient client = new ChatClientBuilder(AzureOpenAIChatClientFactory.Create(Options(options => options.Deployments["chat-prod"] = "model-router")))
            .UseTokenEstimation().UseBudget(Budget.Daily("day", 5m)).Build();

        using ReceiptCapture receipts = CallReceipts.Capture();

        await AskAsync(client, streaming, new ChatOptions { MaxOutputTokens = 1_000 });

        AttemptReceipt attempt = Assert.Single(Assert.Single(receipts.Receipts).Attempts);
        Assert.Equal(((decimal)expected, CostFlags.None), (attempt.Cost.Amount, attempt.Cost.Flags & CostFlags.OtherModelAnswered));

        // The router may choose its dearest model.
        Assert.InRange(attempt.Reserved, 0.075m, 0.09m);
    }

    [Fact]
    public async Task AModelRouterThatDoesNotSayWhoAnsweredCostsItsDearestModel()
    {
        Answers(SimulatedResponse.Text("yes").WithUsage(1_000, 100).WithModel("model-router"));
        using IChatClient client = new ChatClientBuilder(AzureOpenAIChatClientFactory.Create(Options(options => options.Deployments["chat-prod"] = "model-router")))
            .UseTokenEstimation().UseBudget(Budget.Daily("day", 5m)).Build();

        ChatResponse response = await AskAsync(client, streaming: false, new ChatOptions { MaxOutputTokens = 1_000 });

        Assert.True(response.TryGetReceipt(out CallReceipt? receipt));
        Assert.InRange(receipt.Cost, 0.0225m, 0.024m);
    }

    [Fact]
    public async Task ConfigurationKnowsTheTypeAzureOpenAI()
    {
        Answers(SimulatedResponse.Text("yes").WithUsage(1_000, 100).WithModel("gpt-4.1-mini-2025-04-14"));
        IConfigurationRoot configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["MeaiBudget:DefaultModel"] = "smart",
            ["MeaiBudget:Providers:azure:Type"] = "AzureOpenAI",
            ["MeaiBudget:Providers:azure:BaseUrl"] = _simulator.BaseUrl.ToString(),
            ["MeaiBudget:Providers:azure:ApiKey"] = "azure-key",
            ["MeaiBudget:Providers:azure:Deployments:chat-prod"] = "gpt-4.1-mini",
            ["MeaiBudget:Routes:prod:Provider"] = "azure",
            ["MeaiBudget:Routes:prod:Model"] = "chat-prod",
            ["MeaiBudget:Models:smart:Route"] = "prod",
            ["MeaiBudget:Budgets:day:Limit"] = "5",
        }).Build();
        var services = new ServiceCollection();
        services.AddSingleton<IConfiguration>(configuration);
        services.AddMeaiBudget(configuration.GetSection("MeaiBudget")).AddAzureOpenAI();
        await using ServiceProvider provider = services.BuildServiceProvider();

        ChatResponse response = await provider.GetRequiredService<IChatClient>().GetResponseAsync("x", new ChatOptions { MaxOutputTokens = 500 }, TestContext.Current.CancellationToken);

        Assert.True(response.TryGetReceipt(out CallReceipt? receipt));
        Assert.Equal(0.00056m, receipt.Cost);
        Assert.Equal("azure-key", Assert.Single(_simulator.Requests).Header("api-key"));
    }

    [Theory]
    [InlineData("InOrder", false)]
    [InlineData("InOrder", true)]
    [InlineData("LeastLoaded", false)]
    [InlineData("LeastLoaded", true)]
    [InlineData("Weighted", false)]
    [InlineData("PreferTag", true)]
    public async Task ASpillOverOfThreeDeploymentsUnderLoadLosesNoCallAndPaysNoRetryTwice(string policy, bool streaming)
    {
        // The provisioned deployment answers every second request with 429; the others take over.
        int asked = 0;
        _simulator.OpenAI.Default = SimulatedResponse.From(request => request.BodyText.Contains("ptu", StringComparison.Ordinal) && Interlocked.Increment(ref asked) % 2 == 0
            ? SimulatedResponse.RateLimited()
            : SimulatedResponse.Text("yes").WithUsage(100, 10).WithModel("gpt-4.1-mini-2025-04-14"));
        var tracker = new CostTracker(Budget.Daily("day", 5m));
        ChatRoute[] routes =
        [
            new ChatRoute("ptu", Deployment("ptu")) { Tags = ["eu"], Weight = 2, Circuit = new CircuitOptions { IsEnabled = false } },
            new ChatRoute("payg-1", Deployment("payg-1")),
            new ChatRoute("payg-2", Deployment("payg-2")),
        ];
        using IChatClient client = new ChatClientBuilder(routes[0].Client).UseTokenEstimation().UseBudget(tracker).UseRetry(new RetryOptions { MaxRetries = 0 })
            .UseFallback(routes[1..], options => (options.Primary, options.Policy) = (routes[0], policy switch
            {
                "InOrder" => IFallbackPolicy.InOrder,
                "LeastLoaded" => IFallbackPolicy.LeastLoaded,
                "Weighted" => IFallbackPolicy.Weighted(),
                _ => IFallbackPolicy.PreferTag("eu", IFallbackPolicy.LeastLoaded),
            })).Build();
        using ReceiptCapture receipts = CallReceipts.Capture();

        ChatResponse[] answers = await Task.WhenAll(Enumerable.Range(0, 60).Select(_ => AskAsync(client, streaming, new ChatOptions { MaxOutputTokens = 100 })));

        Assert.All(answers, answer => Assert.Equal("yes", answer.Text));
        BudgetStatus status = await tracker.GetStatusAsync("day", cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal(60 * ((0.4m * 100) + (1.6m * 10)) / 1_000_000, status.Spent);
        Assert.Equal(0m, status.Held);
        Assert.Equal(60, receipts.Receipts.Count);
        Assert.All(receipts.Receipts, receipt => Assert.Single(receipt.Attempts, attempt => attempt.Cost.NanoDollars > 0));

        // The refused requests are the only ones beside the 60 that were answered, and the provider billed no other.
        Assert.Equal(60, _simulator.OpenAI.ChatRequests.Count(request => request.StatusCode == 200));
        Assert.Equal(60 * 100, _simulator.TotalBilled().InputTokens);
        Assert.All(routes, route => Assert.False(route.IsCircuitOpen));
    }

    [Fact]
    public async Task LeastLoadedChoosesTheRouteWithTheFewestAttemptsInProgress()
    {
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        ScriptedChatClient[] clients = [.. Enumerable.Range(0, 3).Select(i => new ScriptedChatClient($"model-{i}", "openai") { Default = ScriptedReply.Text($"{i}").WaitFor(gate.Task) })];
        ChatRoute[] routes = [.. clients.Select((client, i) => new ChatRoute($"route-{i}", client))];
        using IChatClient client = new ChatClientBuilder(clients[0]).UseFallback(routes[1..], options => (options.Primary, options.Policy) = (routes[0], IFallbackPolicy.LeastLoaded)).Build();
        Task<ChatResponse>[] calls = [.. Enumerable.Range(0, 9).Select(_ => client.GetResponseAsync("x", cancellationToken: TestContext.Current.CancellationToken))];
        Assert.All(clients, one => Assert.Equal(3, one.Calls.Count));
        gate.SetResult();
        await Task.WhenAll(calls);
    }

    [Fact]
    public void WeightsDecideTheOrder()
    {
        var random = new Random(7);
        var policy = IFallbackPolicy.Weighted(() => random.NextDouble());
        ChatRoute[] routes = [.. new double[] { 0, 1, 3 }.Select((weight, i) => new ChatRoute($"route-{i}", new ScriptedChatClient($"model-{i}", "openai")) { Weight = weight })];
        string[] firsts = [.. Enumerable.Range(0, 4_000).Select(_ => policy.Order(routes, [], null).First().Name)];
        Assert.InRange(firsts.Count(name => name == "route-2"), 2_800, 3_200);
        Assert.DoesNotContain("route-0", firsts);
        Assert.Equal(3, policy.Order(routes, [], null).Count());
        Assert.Throws<ArgumentOutOfRangeException>(() => new ChatRoute("x", new ScriptedChatClient("x", "openai")) { Weight = -1 });
    }

    private static async Task<ChatResponse> AskAsync(IChatClient client, bool streaming, ChatOptions options) => streaming
        ? await client.GetStreamingResponseAsync("How are you?", options, TestContext.Current.CancellationToken).ToChatResponseAsync(TestContext.Current.CancellationToken)
        : await client.GetResponseAsync("How are you?", options, TestContext.Current.CancellationToken);

    private void Answers(SimulatedResponse response) => _simulator.OpenAI.Default = response;

    private IChatClient Deployment(string name) => AzureOpenAIChatClientFactory.Create(Options(options =>
    {
        options.ModelId = name;
        options.Deployments[name] = "gpt-4.1-mini";
    }));

    private AzureOpenAIChatClientOptions Options(Action<AzureOpenAIChatClientOptions>? configure = null)
    {
        var options = new AzureOpenAIChatClientOptions { ApiKey = "azure-key", BaseUrl = _simulator.BaseUrl.ToString(), ModelId = "chat-prod" };
        options.Deployments["chat-prod"] = "gpt-4.1-mini";
        configure?.Invoke(options);
        return options;
    }

    private sealed class OneAnswer : HttpMessageHandler
    {
        public HttpRequestMessage? Request { get; private set; }

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Request = request;
            return Task.FromResult(new HttpResponseMessage
            {
                Content = new StringContent(
                    """{"id":"c","object":"chat.completion","created":1,"model":"gpt-4.1-mini","choices":[{"index":0,"message":{"role":"assistant","content":"yes"},"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":1,"total_tokens":2}}""",
                    System.Text.Encoding.UTF8, "application/json"),
            });
        }
    }

    private sealed class StaticCredential : TokenCredential
    {
        public override AccessToken GetToken(TokenRequestContext requestContext, CancellationToken cancellationToken) =>
            new("token-for-" + requestContext.Scopes[0], DateTimeOffset.MaxValue);

        public override ValueTask<AccessToken> GetTokenAsync(TokenRequestContext requestContext, CancellationToken cancellationToken) =>
            new(GetToken(requestContext, cancellationToken));
    }
}
