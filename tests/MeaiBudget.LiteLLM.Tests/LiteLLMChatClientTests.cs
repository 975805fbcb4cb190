using System.ClientModel;
using System.ClientModel.Primitives;
using MeaiBudget.Testing;
using Microsoft.Extensions.AI;
using OpenAI;
using OpenAI.Chat;

namespace MeaiBudget.Tests;

public class LiteLLMChatClientTests : ProviderContract
{
    protected override SimulatedProvider Provider => SimulatedProvider.LiteLLM;

    protected override string ModelId => "gpt-4.1";

    protected override ChatApi Api => ChatApi.OpenAIChat;

    private protected override IChatClient Create(Action<ProviderClientOptions>? configure = null, Uri? baseUrl = null)
    {
        var options = new LiteLLMChatClientOptions { ApiKey = "sk-test", BaseUrl = (baseUrl ?? Simulator.LiteLLMBaseUrl).ToString(), ModelId = ModelId };
        configure?.Invoke(options);
        return LiteLLMChatClientFactory.Create(options);
    }

    private protected override IChatClient CreateOwn(HttpClient http) => new ChatClient(ModelId, new ApiKeyCredential("sk-test"), new OpenAIClientOptions
    {
        Endpoint = Simulator.LiteLLMBaseUrl,
        Transport = new HttpClientPipelineTransport(http),
        RetryPolicy = new ClientRetryPolicy(maxRetries: 0),
    }).AsIChatClient().WithLiteLLMProvider();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task E7_TheCostThatTheProxyStatesIsRead(bool streaming)
    {
        Simulator.LiteLLM.Enqueue(SimulatedResponse.Text("ok").WithUsage(10, 2).WithCost(0.0000165m));
        using IChatClient client = Create();
        Assert.Equal(0.0000165m, await StatedCostAsync(client, streaming));
    }

    [Fact]
    public async Task E7_TheCostInTheHeaderIsReadToTheLastDigit()
    {
        using var handler = CannedHandler.Json(System.Net.HttpStatusCode.OK, Answer, ("x-litellm-response-cost", "1.65e-05"));
        using IChatClient client = CreateOn(handler);
        Assert.Equal(0.0000165m, await StatedCostAsync(client, streaming: false));
    }

    [Theory]
    [InlineData("0.0")]
    [InlineData("None")]
    [InlineData("-1")]
    [InlineData("NaN")]
    public async Task AStatedCostOfZeroOrNonsenseIsNotBelieved(string cost)
    {
        using var handler = CannedHandler.Json(System.Net.HttpStatusCode.OK, Answer, ("x-litellm-response-cost", cost));
        using IChatClient client = CreateOn(handler);
        Assert.Null(await StatedCostAsync(client, streaming: false));
    }

    [Fact]
    public async Task AnAnswerFromTheProxysCacheCostNothing()
    {
        using var handler = CannedHandler.Json(
            System.Net.HttpStatusCode.OK, Answer, ("x-litellm-response-cost", "0.0"), ("x-litellm-cache-key", "abc"));
        using IChatClient client = CreateOn(handler);
        Assert.Equal(0m, await StatedCostAsync(client, streaming: false));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task WhatTheProxySaysInHeadersCountsBelowABudgetToo(bool streaming)
    {
        const string Events = """
            data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"gpt-4o-mini","choices":[{"index":0,"delta":{"role":"assistant","content":"one "},"finish_reason":null}]}

            data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"gpt-4o-mini","choices":[{"index":0,"delta":{"content":"two"},"finish_reason":"stop"}]}

            data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"gpt-4o-mini","choices":[],"usage":{"prompt_tokens":10,"completion_tokens":2,"total_tokens":12}}

            data: [DONE]


            """;
        using var handler = new CannedHandler(_ => CannedHandler.Response(
            200, streaming ? Events : Answer, streaming ? "text/event-stream" : "application/json", ("x-litellm-response-cost", "0.125")));
        using IChatClient client = new ChatClientBuilder(CreateOn(handler)).UseBudget(Budget.Daily("day", 10m)).Build();
        using ReceiptCapture capture = CallReceipts.Capture();

        await AskAsync(client, streaming);

        Assert.Equal((0.125m, CostKind.ProviderStated), (capture.Receipts[0].Cost, capture.Receipts[0].Attempts[0].Cost.Kind));
    }

    [Theory]
    [InlineData(400)]
    [InlineData(429)]
    public async Task F12_AProxyBudgetIsAQuota(int status)
    {
        using var handler = CannedHandler.Json(
            (System.Net.HttpStatusCode)status,
            """{"error":{"message":"Budget has been exceeded! Current cost: 10, Max budget: 5","type":"budget_exceeded","param":null,"code":"400"}}""");
        using IChatClient client = CreateOn(handler);
        ChatFailure failure = await FailAsync(client, false);
        Assert.Equal((ChatFailureKind.QuotaExhausted, false), (failure.Kind, failure.IsTransient));
    }

    [Theory]
    [InlineData(400, "litellm.ContextWindowExceededError: litellm.BadRequestError: This model's maximum context length is 8192 tokens.", ChatFailureKind.ContextLengthExceeded)]
    [InlineData(400, "litellm.ContentPolicyViolationError: The response was filtered", ChatFailureKind.ContentFiltered)]
    [InlineData(400, "litellm.BadRequestError: unknown parameter", ChatFailureKind.InvalidRequest)]
    [InlineData(401, "Authentication Error, Invalid proxy server token passed.", ChatFailureKind.Authentication)]
    [InlineData(408, "litellm.Timeout: Request timed out.", ChatFailureKind.Timeout)]
    [InlineData(429, "litellm.RateLimitError: slow down", ChatFailureKind.RateLimited)]
    [InlineData(500, "litellm.InternalServerError: oops", ChatFailureKind.ServerError)]
    [InlineData(503, "litellm.ServiceUnavailableError: busy", ChatFailureKind.Overloaded)]
    public async Task F6_TheProxysErrorsAreRecognised(int status, string message, ChatFailureKind kind)
    {
        using var handler = CannedHandler.Json(
            (System.Net.HttpStatusCode)status, $$$"""{"error":{"message":"{{{message}}}","type":null,"param":null,"code":"{{{status}}}"}}""");
        using IChatClient client = CreateOn(handler);
        Assert.Equal(kind, (await FailAsync(client, false)).Kind);
    }

    [Fact]
    public async Task TheProxyCountsInputTokens()
    {
        Simulator.LiteLLM.TokenCounting.Enqueue(SimulatedResponse.Text("").WithUsage(42, 0));
        using IChatClient client = Create();
        long? count = await client.GetService<IChatTokenCounter>()!.CountTokensAsync([new(ChatRole.User, "hello there")], new ChatOptions { MaxOutputTokens = 5 });
        Assert.Equal(42, count);
        SimulatedRequest request = Assert.Single(Simulator.Requests);
        Assert.Equal("/litellm/utils/token_counter", request.Path);
        Assert.DoesNotContain("max_completion_tokens", request.BodyText, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ACountingEndpointThatFailsIsATypedErrorAndOneRequest()
    {
        Simulator.LiteLLM.TokenCounting.Default = SimulatedResponse.ServerError();
        using IChatClient client = Create();
        TokenCountException exception = await Assert.ThrowsAsync<TokenCountException>(() => client.GetService<IChatTokenCounter>()!.CountTokensAsync([new(ChatRole.User, "hello")], null));
        Assert.Equal(ChatFailureKind.ServerError, exception.Failure.Kind);
        Assert.Single(Simulator.Requests);
    }

    [Fact]
    public void D17_ItsMetadataNameTheProxyAndTheConfiguredModel()
    {
        using IChatClient client = Create();
        ChatClientMetadata metadata = client.GetService<ChatClientMetadata>()!;
        Assert.Equal(("litellm", ModelId), (metadata.ProviderName, metadata.DefaultModelId));
    }

    [Fact]
    public void AProxyNeedsAnAddressButNoKey()
    {
        Assert.Throws<ProviderConfigurationException>(() => LiteLLMChatClientFactory.Create(new() { ModelId = "m" }));
        using IChatClient client = LiteLLMChatClientFactory.Create(new() { ModelId = "m", BaseUrl = "http://localhost:4000" });
    }

    private const string Answer = """
        {"id":"c","object":"chat.completion","created":1,"model":"gpt-4.1","choices":[{"index":0,"message":{"role":"assistant","content":"hi"},"finish_reason":"stop"}],
         "usage":{"prompt_tokens":10,"completion_tokens":2,"total_tokens":12}}
        """;

    private static IChatClient CreateOn(HttpMessageHandler handler) =>
        LiteLLMChatClientFactory.Create(new() { BaseUrl = "http://localhost:4000", ModelId = "gpt-4.1", HttpMessageHandler = handler });

    private static async Task<decimal?> StatedCostAsync(IChatClient client, bool streaming)
    {
        using IChatClient pipeline = new ChatClientBuilder(client).UseBudget(Budget.Daily("day", 10m)).Build();
        using ReceiptCapture capture = CallReceipts.Capture();
        await (streaming ? pipeline.GetStreamingResponseAsync("hello").ToChatResponseAsync() : pipeline.GetResponseAsync("hello"));
        return capture.Receipts.Single().Attempts.Single().Usage.ProviderStatedCost;
    }
}
