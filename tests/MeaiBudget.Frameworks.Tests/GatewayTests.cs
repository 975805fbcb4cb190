using System.ClientModel;
using System.ClientModel.Primitives;
using System.Net;
using System.Text;
using Azure.AI.OpenAI;
using MeaiBudget.Testing;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace MeaiBudget.Tests;

/// <summary>Content filters of Azure, and gateways in front of a model: limits, quotas and costs under names that their administrators chose.</summary>
[Collection("One after another")]
public sealed class GatewayTests
{
    private const string Filtered = """
        {"error":{"message":"The response was filtered due to the prompt triggering Azure OpenAI's content management policy. Please modify your prompt and retry.","type":null,"param":"prompt","code":"content_filter","status":400,
        "innererror":{"code":"ResponsibleAIPolicyViolation","content_filter_result":{"hate":{"filtered":false,"severity":"safe"},"jailbreak":{"filtered":true,"detected":true},"violence":{"filtered":true,"severity":"medium"}}}}}
        """;

    private const string Quota = """{"statusCode":403,"message":"Token quota is exceeded. Try again in 2 hours."}""";

    [Theory]
    [InlineData("azure", false, null, 0)]
    [InlineData("azure", true, null, 0)]
    [InlineData("own", false, null, 0)]
    [InlineData("own", true, null, 0)]
    [InlineData("azure", false, UnconfirmedCharge.Input, 1)]
    public async Task APromptThatTheFilterRejectsIsFilteredAndChargedByThePolicy(string kind, bool streaming, UnconfirmedCharge? charge, int least)
    {
        var wire = new Answers((HttpStatusCode.BadRequest, Filtered, []));
        var tracker = new CostTracker(Budget.Daily("day", 5m));
        using IChatClient client = new ChatClientBuilder(Azure(kind, wire)).UseTokenEstimation()
            .UseBudget(tracker, options => options.Unconfirmed.ContentFiltered = charge).UseRetry().Build();

        Exception thrown = await Assert.ThrowsAnyAsync<Exception>(() => AskAsync(client, streaming));

        Assert.True(thrown.TryGetReceipt(out CallReceipt? receipt));
        AttemptReceipt attempt = Assert.Single(receipt.Attempts);
        Assert.Equal((ChatFailureKind.ContentFiltered, 400, "content_filter"), (attempt.Failure!.Kind, attempt.Failure.StatusCode, attempt.Failure.ProviderCode));
        decimal spent = (await tracker.GetStatusAsync("day", cancellationToken: TestContext.Current.CancellationToken)).Spent;
        Assert.InRange(spent, least * 0.0000004m, least * 0.0001m);
    }

    [Theory]
    [InlineData("azure", false)]
    [InlineData("azure", true)]
    [InlineData("own", false)]
    [InlineData("own", true)]
    public async Task AnAnswerThatTheFilterCutsIsChargedByItsUsageAndNotAskedAgain(string kind, bool streaming)
    {
        const string Results = "\"content_filter_results\":{\"violence\":{\"filtered\":true,\"severity\":\"high\"}}";
        const string Head = "\"id\":\"c\",\"created\":1,\"model\":\"gpt-4.1-mini-2025-04-14\",\"system_fingerprint\":\"f\"";
        const string Usage = "\"usage\":{\"prompt_tokens\":1000,\"completion_tokens\":100,\"total_tokens\":1100}";
        string whole = """{HEAD,"object":"chat.completion","prompt_filter_results":[{"prompt_index":0,"content_filter_results":{}}],"choices":[{"index":0,"finish_reason":"content_filter","message":{"role":"assistant","content":"It began"},RESULTS}],USAGE}""";
        string[] events =
        [
            """{"id":"","object":"","created":0,"model":"","prompt_filter_results":[{"prompt_index":0,"content_filter_results":{"hate":{"filtered":false,"severity":"safe"}}}],"choices":[]}""",
            """{HEAD,"object":"chat.completion.chunk","choices":[{"index":0,"delta":{"role":"assistant","content":"It began"},"finish_reason":null,"content_filter_results":{}}],"usage":null}""",
            """{"id":"","object":"","created":0,"model":"","choices":[{"index":0,"finish_reason":null,"content_filter_offsets":{"check_offset":1,"start_offset":1,"end_offset":9},RESULTS}]}""",
            """{HEAD,"object":"chat.completion.chunk","choices":[{"index":0,"delta":{},"finish_reason":"content_filter",RESULTS}],"usage":null}""",
            """{HEAD,"object":"chat.completion.chunk","choices":[],USAGE}""",
            "[DONE]",
        ];
        var wire = new Answers((HttpStatusCode.OK, Fill(streaming ? string.Concat(events.Select(one => $"data: {one}\n\n")) : whole), []));
        var tracker = new CostTracker(Budget.Daily("day", 5m));
        using IChatClient client = new ChatClientBuilder(Azure(kind, wire)).UseTokenEstimation().UseBudget(tracker).UseRetry().Build();

        ChatResponse response = await AskAsync(client, streaming);

        Assert.Equal((ChatFinishReason.ContentFilter, "It began"), (response.FinishReason!.Value, response.Text));
        Assert.Equal(0.00056m, (await tracker.GetStatusAsync("day", cancellationToken: TestContext.Current.CancellationToken)).Spent);
        Assert.Equal(1, wire.Sent);

        static string Fill(string text) => text.Replace("RESULTS", Results, StringComparison.Ordinal).Replace("HEAD", Head, StringComparison.Ordinal).Replace("USAGE", Usage, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(HttpStatusCode.Forbidden, Quota, ChatFailureKind.QuotaExhausted)]
    [InlineData(HttpStatusCode.Forbidden, """{"statusCode":403,"message":"Out of call volume quota. Quota will be replenished in 01:02:03."}""", ChatFailureKind.QuotaExhausted)]
    [InlineData(HttpStatusCode.Forbidden, "", ChatFailureKind.QuotaExhausted)]
    [InlineData(HttpStatusCode.TooManyRequests, """{"statusCode":429,"message":"Token limit is exceeded. Try again in 12 seconds."}""", ChatFailureKind.RateLimited)]
    [InlineData(HttpStatusCode.TooManyRequests, "", ChatFailureKind.RateLimited)]
    public async Task TheTokenLimitsOfApiManagementAreQuotaAndRateUnderAnyName(HttpStatusCode status, string body, ChatFailureKind kind)
    {
        var wire = new Answers((status, body, [("x-llm-wait", "12"), ("x-llm-quota-left", "0")]));
        var tracker = new CostTracker(Budget.Daily("day", 5m));
        using IChatClient client = new ChatClientBuilder(AzureOpenAIChatClientFactory.Create(Options(wire, options =>
        {
            options.ResponseHeaders["retry-after"] = "x-llm-wait";
            options.ResponseHeaders["remaining-quota"] = "x-llm-quota-left";
        }))).UseTokenEstimation().UseBudget(tracker).UseRetry(new RetryOptions { MaxRetries = 0 }).Build();

        Exception thrown = await Assert.ThrowsAnyAsync<Exception>(() => AskAsync(client, streaming: false));

        Assert.True(thrown.TryGetReceipt(out CallReceipt? receipt));
        ChatFailure failure = Assert.Single(receipt.Attempts).Failure!;
        Assert.Equal((kind, TimeSpan.FromSeconds(12)), (failure.Kind, kind == ChatFailureKind.RateLimited ? failure.RetryAfter : TimeSpan.FromSeconds(12)));
        Assert.Equal(kind == ChatFailureKind.QuotaExhausted, failure.ResetsAt is not null);
        Assert.Equal(0m, (await tracker.GetStatusAsync("day", cancellationToken: TestContext.Current.CancellationToken)).Spent);
    }

    [Theory]
    [InlineData("""{"error":{"code":"AuthorizationFailed","message":"The principal lacks the data action."}}""", ChatFailureKind.Authentication)]
    [InlineData("""{"error":{"code":"403","message":"Your application requires a quota project, which is not set by default."}}""", ChatFailureKind.Authentication)]
    [InlineData("""{"message":"You have exceeded a secondary rate limit. Please wait a few minutes."}""", ChatFailureKind.RateLimited)]
    [InlineData("""{"error":{"code":403,"status":"PERMISSION_DENIED","message":"Quota exceeded for quota metric 'Requests'."}}""", ChatFailureKind.QuotaExhausted)]
    public void ARefusalIsReadByWhatItSays(string body, ChatFailureKind kind) => Assert.Equal(kind, HttpChatFailures.Classify(403, body).Kind);

    [Fact]
    public async Task ASpentQuotaMovesOnAndStaysAwayUntilItReturns()
    {
        var wire = new Answers((HttpStatusCode.Forbidden, Quota, []));
        using IChatClient client = new ChatClientBuilder(AzureOpenAIChatClientFactory.Create(Options(wire))).UseBudget(Budget.Daily("day", 5m))
            .UseFallback(new ScriptedChatClient("gpt-4.1-mini", "openai") { Default = ScriptedReply.Text("other").WithUsage(10, 10) }).Build();

        Assert.Equal("other", (await AskAsync(client, streaming: false)).Text);
        Assert.Equal("other", (await AskAsync(client, streaming: true)).Text);
        Assert.Equal(1, wire.Sent);
    }

    [Theory]
    [InlineData("0.0123", false)]
    [InlineData("$0.0123", true)]
    [InlineData("0.0123 USD", false)]
    public async Task TheCostInAHeaderOfTheGatewayIsCharged(string cost, bool isConfigured)
    {
        var wire = new Answers((HttpStatusCode.OK, Whole, [("x-gateway-cost", cost)]));
        var tracker = new CostTracker(Budget.Daily("day", 5m));
        IChatClient made;
        await using ServiceProvider services = Configured(wire);
        if (isConfigured)
        {
            made = services.GetRequiredService<IChatClient>();
        }
        else
        {
            made = new ChatClientBuilder(OpenAIChatClientFactory.Create(new OpenAIChatClientOptions
            {
                ApiKey = "k",
                BaseUrl = "https://gateway.example.com/v1",
                ModelId = "gpt-4.1-mini",
                HttpMessageHandler = wire,
                ResponseHeaders = { ["cost"] = "X-Gateway-Cost" },
            })).UseBudget(tracker).Build();
        }

        ChatResponse response = await AskAsync(made, streaming: false);

        Assert.True(response.TryGetReceipt(out CallReceipt? receipt));
        Assert.Equal((0.0123m, CostKind.ProviderStated), (receipt.Cost, Assert.Single(receipt.Attempts).Cost.Kind));
    }

    [Fact]
    public async Task AClientOfTheApplicationReadsTheGatewaysHeadersThroughItsHandler()
    {
        var wire = new Answers((HttpStatusCode.OK, Whole, [("x-gateway-cost", "0.0123")]));
        using var http = new HttpClient(new ChatWireHandler(wire) { ResponseHeaders = new Dictionary<string, string> { ["cost"] = "x-gateway-cost" } });
        var own = new AzureOpenAIClient(new Uri("https://gateway.example.com"), new ApiKeyCredential("k"), new AzureOpenAIClientOptions { RetryPolicy = new ClientRetryPolicy(maxRetries: 0) }.AddChatWire(http));
        using IChatClient client = new ChatClientBuilder(own.GetChatClient("gpt-4.1-mini").AsIChatClient().WithOpenAIProvider()).UseBudget(Budget.Daily("day", 5m)).Build();

        ChatResponse response = await AskAsync(client, streaming: false);

        Assert.True(response.TryGetReceipt(out CallReceipt? receipt));
        Assert.Equal(0.0123m, receipt.Cost);
    }

    [Theory]
    [InlineData("price", "x-cost")]
    [InlineData("cost", "")]
    [InlineData("cost", "x cost")]
    public void AMeaningOrNameThatIsNoneIsAMistake(string meaning, string name)
    {
        ProviderConfigurationException mistake = Assert.Throws<ProviderConfigurationException>(() =>
            AzureOpenAIChatClientFactory.Create(Options(new Answers(), options => options.ResponseHeaders[meaning] = name)));
        Assert.Contains("ResponseHeaders", mistake.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => new ChatWireHandler { ResponseHeaders = new Dictionary<string, string> { [meaning] = name } });
    }

    private const string Whole =
        """{"id":"c","object":"chat.completion","created":1,"model":"gpt-4.1-mini","choices":[{"index":0,"message":{"role":"assistant","content":"yes"},"finish_reason":"stop"}],"usage":{"prompt_tokens":1000,"completion_tokens":100,"total_tokens":1100}}""";

    private static ServiceProvider Configured(HttpMessageHandler wire)
    {
        IConfigurationRoot configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["MeaiBudget:DefaultModel"] = "smart",
            ["MeaiBudget:Providers:gateway:Type"] = "OpenAI",
            ["MeaiBudget:Providers:gateway:BaseUrl"] = "https://gateway.example.com/v1",
            ["MeaiBudget:Providers:gateway:ApiKey"] = "k",
            ["MeaiBudget:Providers:gateway:ResponseHeaders:cost"] = "x-gateway-cost",
            ["MeaiBudget:Routes:only:Provider"] = "gateway",
            ["MeaiBudget:Routes:only:Model"] = "gpt-4.1-mini",
            ["MeaiBudget:Models:smart:Route"] = "only",
            ["MeaiBudget:Budgets:day:Limit"] = "5",
        }).Build();
        var services = new ServiceCollection();
        services.AddSingleton<IConfiguration>(configuration);
        services.AddMeaiBudget(configuration.GetSection("MeaiBudget")).AddOpenAI(options => options.HttpMessageHandler = wire);
        return services.BuildServiceProvider();
    }

    private static IChatClient Azure(string kind, HttpMessageHandler wire)
    {
        if (kind == "azure")
        {
            return AzureOpenAIChatClientFactory.Create(Options(wire));
        }

        AzureOpenAIClientOptions options = new AzureOpenAIClientOptions { RetryPolicy = new ClientRetryPolicy(maxRetries: 0) }.AddChatWire(new HttpClient(wire));
        return new AzureOpenAIClient(new Uri("https://app.openai.azure.com"), new ApiKeyCredential("k"), options).GetChatClient("chat-prod").AsIChatClient()
            .WithOpenAIProvider(deployments: new Dictionary<string, string> { ["chat-prod"] = "gpt-4.1-mini" });
    }

    private static AzureOpenAIChatClientOptions Options(HttpMessageHandler wire, Action<AzureOpenAIChatClientOptions>? configure = null)
    {
        var options = new AzureOpenAIChatClientOptions { ApiKey = "k", BaseUrl = "https://app.openai.azure.com", ModelId = "chat-prod", HttpMessageHandler = wire };
        options.Deployments["chat-prod"] = "gpt-4.1-mini";
        configure?.Invoke(options);
        return options;
    }

    private static async Task<ChatResponse> AskAsync(IChatClient client, bool streaming)
    {
        var options = new ChatOptions { MaxOutputTokens = 500 };
        return streaming
            ? await client.GetStreamingResponseAsync("How are you?", options, TestContext.Current.CancellationToken).ToChatResponseAsync(TestContext.Current.CancellationToken)
            : await client.GetResponseAsync("How are you?", options, TestContext.Current.CancellationToken);
    }

    /// <summary>Answers each request in the same way.</summary>
    private sealed class Answers((HttpStatusCode Status, string Body, (string Name, string Value)[] Headers) answer = default) : HttpMessageHandler
    {
        private int _sent;

        public int Sent => _sent;

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref _sent);
            var response = new HttpResponseMessage(answer.Status)
            {
                RequestMessage = request,
                Content = new StringContent(answer.Body, Encoding.UTF8, answer.Body.StartsWith("data:", StringComparison.Ordinal) ? "text/event-stream" : "application/json"),
            };
            foreach ((string name, string value) in answer.Headers)
            {
                response.Headers.TryAddWithoutValidation(name, value);
            }

            return Task.FromResult(response);
        }
    }
}
