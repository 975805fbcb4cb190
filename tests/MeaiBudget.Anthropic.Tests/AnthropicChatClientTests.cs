using System.Text.Json.Nodes;
using Anthropic;
using Anthropic.Core;
using MeaiBudget.Testing;
using Microsoft.Extensions.AI;

namespace MeaiBudget.Tests;

public class AnthropicChatClientTests : ProviderContract
{
    protected override SimulatedProvider Provider => SimulatedProvider.Anthropic;

    protected override string ModelId => "claude-haiku-4-5";

    protected override ChatApi Api => ChatApi.AnthropicMessages;

    private protected override IChatClient Create(Action<ProviderClientOptions>? configure = null, Uri? baseUrl = null)
    {
        var options = new AnthropicChatClientOptions { ApiKey = "sk-ant-test", BaseUrl = (baseUrl ?? Simulator.AnthropicBaseUrl).ToString(), ModelId = ModelId, SendTemperature = true };
        configure?.Invoke(options);
        return AnthropicChatClientFactory.Create(options);
    }

    private protected override IChatClient CreateOwn(HttpClient http) => SdkClient(http, maxRetries: 0).WithAnthropicProvider();

    [Fact]
    public async Task F1_TheSdksOwnRetriesAreNoticed()
    {
        Simulator.Anthropic.Default = SimulatedResponse.ServerError();
        using HttpClient http = ChatWireHandler.CreateClient();
        using IChatClient client = SdkClient(http, maxRetries: null).WithAnthropicProvider();
        await FailAsync(client, false);
        Assert.Equal(3, Wire!.Exchanges.Count);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task D7_CacheWritesOfAnHourAreToldFromThoseOfFiveMinutes(bool streaming)
    {
        Simulator.Anthropic.Enqueue(SimulatedResponse.Text("ok").WithUsage(new SimulatedUsage(100, 7)
        {
            CachedInputTokens = 40,
            CacheWriteTokens = 20,
            CacheWriteOneHourTokens = 30,
        }));
        using IChatClient client = Create();
        ChatResponse response = await AskAsync(client, streaming);
        BillableUsage usage = Normalize(client, response);
        Assert.Equal(
            (100, 40, 20, 30, 7),
            (usage.InputTokens, usage.CachedInputTokens, usage.CacheWriteTokens, usage.CacheWriteOneHourTokens, usage.OutputTokens));
    }

    [Fact]
    public async Task E7_WebSearchesAndTheServiceTierAreRead()
    {
        using var handler = CannedHandler.Json(System.Net.HttpStatusCode.OK, """
            {"id":"msg_1","type":"message","role":"assistant","model":"claude-haiku-4-5","content":[{"type":"text","text":"hi"}],
             "stop_reason":"end_turn","stop_sequence":null,
             "usage":{"input_tokens":10,"output_tokens":3,"cache_read_input_tokens":0,"cache_creation_input_tokens":0,
                      "server_tool_use":{"web_search_requests":2,"web_fetch_requests":0},"service_tier":"priority"}}
            """);
        using IChatClient client = AnthropicChatClientFactory.Create(new() { ApiKey = "k", ModelId = ModelId, HttpMessageHandler = handler });
        BillableUsage usage = Normalize(client, await client.GetResponseAsync("hello"));
        Assert.Equal((10, 3, 2, "priority"), (usage.InputTokens, usage.OutputTokens, usage.WebSearches, usage.ServiceTier));
    }

    [Fact]
    public async Task ANucleusOfTheCallersKeepsTheDefaultTemperatureAway()
    {
        using IChatClient client = Create();
        await AskAsync(client, false, new ChatOptions { TopP = 0.5f });
        Assert.False(Simulator.Anthropic.ChatRequests[^1].Json.TryGetProperty("temperature", out _));
    }

    [Fact]
    public async Task LikeTheSdkItSendsNoTemperatureWhereToldNotTo()
    {
        using IChatClient client = Create(options => ((AnthropicChatClientOptions)options).SendTemperature = false);
        await AskAsync(client, false, new ChatOptions { Temperature = 0.5f });
        Assert.False(Simulator.Anthropic.ChatRequests[^1].Json.TryGetProperty("temperature", out _));
    }

    [Fact]
    public async Task ATemperatureChangesNothingElseOfARequest()
    {
        List<string> bodies = [];
        foreach (bool sends in (bool[])[false, true])
        {
            using IChatClient client = Create(options => ((AnthropicChatClientOptions)options).SendTemperature = sends);
            await client.GetResponseAsync(
                [new(ChatRole.System, "Be brief."), new(ChatRole.User, "hello")],
                new ChatOptions { Tools = [AIFunctionFactory.Create(() => 1, "one")], StopSequences = ["x"], ModelId = "claude-sonnet-4-5" });
            bodies.Add(Simulator.Anthropic.ChatRequests[^1].BodyText);
        }

        JsonObject with = System.Text.Json.Nodes.JsonNode.Parse(bodies[1])!.AsObject();
        Assert.True(with.Remove("temperature"));
        Assert.True(System.Text.Json.Nodes.JsonNode.DeepEquals(System.Text.Json.Nodes.JsonNode.Parse(bodies[0]), with), bodies[0] + "\n" + bodies[1]);
    }

    [Fact]
    public async Task F5_ARateLimitWithoutRetryAfterWaitsForTheLimitThatIsUsedUp()
    {
        using var handler = CannedHandler.Json(
            System.Net.HttpStatusCode.TooManyRequests,
            """{"type":"error","error":{"type":"rate_limit_error","message":"slow"}}""",
            ("Date", "Thu, 17 Apr 2025 14:40:35 GMT"),
            ("anthropic-ratelimit-requests-remaining", "5"),
            ("anthropic-ratelimit-requests-reset", "2025-04-17T15:40:35Z"),
            ("anthropic-ratelimit-input-tokens-remaining", "0"),
            ("anthropic-ratelimit-input-tokens-reset", "2025-04-17T14:40:47Z"));
        using IChatClient client = AnthropicChatClientFactory.Create(new() { ApiKey = "k", ModelId = ModelId, HttpMessageHandler = handler });
        Assert.Equal(TimeSpan.FromSeconds(12), (await FailAsync(client, false)).RetryAfter);
        Assert.Single(handler.Requests);
    }

    [Theory]
    [InlineData("enforced_spend_limit_reached")]
    [InlineData("contract_spend_limit_reached")]
    public async Task F12_ASpendLimitIsNoRateLimit(string code)
    {
        using var handler = CannedHandler.Json(
            System.Net.HttpStatusCode.TooManyRequests,
            $$"""{"type":"error","error":{"type":"rate_limit_error","message":"Spend limit reached.","details":{"error_code":"{{code}}"} } }""");
        using IChatClient client = AnthropicChatClientFactory.Create(new() { ApiKey = "k", ModelId = ModelId, HttpMessageHandler = handler });
        ChatFailure failure = await FailAsync(client, false);
        Assert.Equal((ChatFailureKind.QuotaExhausted, false, code), (failure.Kind, failure.IsTransient, failure.ProviderCode));
        Assert.Single(handler.Requests);
    }

    [Fact]
    public async Task F12_AUsageLimitEndsAtTheStatedDate()
    {
        using var handler = CannedHandler.Json(
            System.Net.HttpStatusCode.BadRequest,
            """{"type":"error","error":{"type":"invalid_request_error","message":"You have reached your specified API usage limits. You will regain access on 2100-02-01 at 00:00 UTC."}}""");
        using IChatClient client = AnthropicChatClientFactory.Create(new() { ApiKey = "k", ModelId = ModelId, HttpMessageHandler = handler });
        ChatFailure failure = await FailAsync(client, false);
        Assert.Equal(ChatFailureKind.QuotaExhausted, failure.Kind);
        Assert.Equal(new DateTimeOffset(2100, 2, 1, 0, 0, 0, TimeSpan.Zero), failure.ResetsAt);
        Assert.Equal(TimeSpan.FromHours(24), failure.RetryAfter);
    }

    [Fact]
    public async Task TheEndpointCountsInputTokens()
    {
        Simulator.Anthropic.TokenCounting.Enqueue(SimulatedResponse.Text("").WithUsage(42, 0));
        using IChatClient client = Create();
        long? count = await client.GetService<IChatTokenCounter>()!.CountTokensAsync(
            [new(ChatRole.System, "Be brief."), new(ChatRole.User, "hello there")], new ChatOptions { MaxOutputTokens = 5 });
        Assert.Equal(42, count);
        SimulatedRequest request = Assert.Single(Simulator.Requests);
        Assert.EndsWith("/v1/messages/count_tokens", request.Path, StringComparison.Ordinal);
        Assert.Contains("Be brief.", request.BodyText, StringComparison.Ordinal);
        Assert.DoesNotContain("max_tokens", request.BodyText, StringComparison.Ordinal);
        Assert.Equal("Bearer sk-ant-test", request.Header("Authorization"));
    }

    [Fact]
    public async Task ACountingEndpointThatFailsIsATypedErrorAndOneRequest()
    {
        Simulator.Anthropic.TokenCounting.Default = SimulatedResponse.Overloaded();
        using IChatClient client = Create();
        TokenCountException exception = await Assert.ThrowsAsync<TokenCountException>(() => client.GetService<IChatTokenCounter>()!.CountTokensAsync([new(ChatRole.User, "hello")], null));
        Assert.Equal(ChatFailureKind.Overloaded, exception.Failure.Kind);
        Assert.Single(Simulator.Requests);
    }

    [Fact]
    public void NoKeyIsATypedErrorThatSaysWhatToDo()
    {
        ProviderConfigurationException exception = Assert.Throws<ProviderConfigurationException>(() => Create(options => options.ApiKey = " "));
        Assert.Contains("ANTHROPIC_API_KEY", exception.Message, StringComparison.Ordinal);
    }

    private IChatClient SdkClient(HttpClient http, int? maxRetries) => new AnthropicClient(new ClientOptions
    {
        ApiKey = "sk-ant-test",
        BaseUrl = Simulator.AnthropicBaseUrl.ToString(),
        MaxRetries = maxRetries,
        HttpClient = http,
    }).AsIChatClient(ModelId);
}
