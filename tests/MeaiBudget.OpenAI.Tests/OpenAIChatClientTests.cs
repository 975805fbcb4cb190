using System.ClientModel;
using System.ClientModel.Primitives;
using MeaiBudget.Testing;
using Microsoft.Extensions.AI;
using OpenAI;
using OpenAI.Chat;

namespace MeaiBudget.Tests;

public class OpenAIChatClientTests : ProviderContract
{
    protected override SimulatedProvider Provider => SimulatedProvider.OpenAI;

    protected override string ModelId => "gpt-4.1";

    protected override ChatApi Api => UseResponsesApi ? ChatApi.OpenAIResponses : ChatApi.OpenAIChat;

    protected virtual bool UseResponsesApi => false;

    private protected override IChatClient Create(Action<ProviderClientOptions>? configure = null, Uri? baseUrl = null)
    {
        var options = new OpenAIChatClientOptions
        {
            ApiKey = "sk-test",
            BaseUrl = (baseUrl ?? Simulator.OpenAIBaseUrl).ToString(),
            ModelId = ModelId,
            UseResponsesApi = UseResponsesApi,
        };
        configure?.Invoke(options);
        return OpenAIChatClientFactory.Create(options);
    }

    private protected override IChatClient CreateOwn(HttpClient http) => new ChatClient(ModelId, new ApiKeyCredential("sk-test"), new OpenAIClientOptions
    {
        Endpoint = Simulator.OpenAIBaseUrl,
        Transport = new HttpClientPipelineTransport(http),
        RetryPolicy = new ClientRetryPolicy(maxRetries: 0),
    }).AsIChatClient().WithOpenAIProvider();

    [Fact]
    public async Task F1_TheSdksOwnRetriesAreNoticed()
    {
        Simulator.OpenAI.Default = SimulatedResponse.ServerError();
        using HttpClient http = ChatWireHandler.CreateClient();
        using IChatClient client = new ChatClient(ModelId, new ApiKeyCredential("sk-test"), new OpenAIClientOptions
        {
            Endpoint = Simulator.OpenAIBaseUrl,
            Transport = new HttpClientPipelineTransport(http),
        }).AsIChatClient().WithOpenAIProvider();
        ChatFailure failure = await FailAsync(client, false);
        Assert.Equal(ChatFailureKind.ServerError, failure.Kind);
        Assert.Equal(4, Wire!.Exchanges.Count);
    }

    [Fact]
    public async Task AnAggregateOfTheSdksRetriesIsWhatHappenedLast()
    {
        using HttpClient http = ChatWireHandler.CreateClient();
        using IChatClient client = new ChatClient(ModelId, new ApiKeyCredential("sk-test"), new OpenAIClientOptions
        {
            Endpoint = Simulator.ConnectionRefusedUrl,
            Transport = new HttpClientPipelineTransport(http),
        }).AsIChatClient().WithOpenAIProvider();
        ChatFailure failure = await FailAsync(client, false);
        Assert.Equal((ChatFailureKind.Network, ChatFailurePhase.NotSent), (failure.Kind, failure.Phase));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task E7_CacheWritesAreRead(bool streaming)
    {
        Simulator.OpenAI.Enqueue(SimulatedResponse.Text("ok").WithUsage(new SimulatedUsage(100, 7)
        {
            CachedInputTokens = 40,
            CacheWriteTokens = UseResponsesApi ? 0 : 20,
            ReasoningTokens = 3,
        }));
        using IChatClient client = Create();
        Observe(client, out IUsageNormalizer? normalizer);
        BillableUsage usage;
        if (streaming)
        {
            UsageContent? content = null;
            await foreach (ChatResponseUpdate update in client.GetStreamingResponseAsync("hello"))
            {
                content = update.Contents.OfType<UsageContent>().FirstOrDefault() ?? content;
            }

            usage = normalizer.Normalize(content!.Details, content.RawRepresentation);
        }
        else
        {
            ChatResponse response = await client.GetResponseAsync("hello");
            usage = normalizer.Normalize(response.Usage!, response.RawRepresentation);
        }

        Assert.Equal((100, 40, UseResponsesApi ? 0 : 20, 7, 3), (usage.InputTokens, usage.CachedInputTokens, usage.CacheWriteTokens, usage.OutputTokens, usage.ReasoningTokens));
    }

    [Theory]
    [InlineData("flex", "flex")]
    [InlineData("default", null)]
    public async Task D10_TheServiceTierThatAnsweredIsRead(string tier, string? expected)
    {
        using var handler = CannedHandler.Json(System.Net.HttpStatusCode.OK, $$$$"""
            {"id":"c","object":"chat.completion","created":1,"model":"gpt-5","service_tier":"{{{{tier}}}}",
             "choices":[{"index":0,"message":{"role":"assistant","content":"hi"},"finish_reason":"stop"}],
             "usage":{"prompt_tokens":10,"completion_tokens":2,"total_tokens":12,"prompt_tokens_details":{"cached_tokens":4,"cache_write_tokens":5}}}
            """);
        using IChatClient client = OpenAIChatClientFactory.Create(new() { ApiKey = "k", ModelId = "gpt-5", HttpMessageHandler = handler });
        ChatResponse response = await client.GetResponseAsync("hello");
        BillableUsage usage = Normalize(client, response);
        Assert.Equal((expected, 5), (usage.ServiceTier, usage.CacheWriteTokens));
        Assert.DoesNotContain("temperature", handler.Requests[0].Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task TheEndpointCountsInputTokens()
    {
        Simulator.OpenAI.TokenCounting.Enqueue(SimulatedResponse.Text("").WithUsage(42, 0));
        using IChatClient client = Create(options => options.ModelMap["fast"] = "gpt-mapped");
        IChatTokenCounter counter = client.GetService<IChatTokenCounter>()!;
        long? count = await counter.CountTokensAsync([new(ChatRole.User, "hello there")], new ChatOptions { ModelId = "fast", Instructions = "Be brief.", MaxOutputTokens = 5 });
        Assert.Equal(42, count);
        SimulatedRequest request = Assert.Single(Simulator.Requests);
        Assert.EndsWith("/responses/input_tokens", request.Path, StringComparison.Ordinal);
        Assert.Equal("gpt-mapped", request.Model);
        Assert.Contains("hello there", request.BodyText, StringComparison.Ordinal);
        Assert.DoesNotContain("max_output_tokens", request.BodyText, StringComparison.Ordinal);
        Assert.DoesNotContain("temperature", request.BodyText, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ACountingEndpointThatFailsIsATypedErrorAndOneRequest()
    {
        Simulator.OpenAI.TokenCounting.Default = SimulatedResponse.RateLimited("9");
        using IChatClient client = Create();
        TokenCountException exception = await Assert.ThrowsAsync<TokenCountException>(() => client.GetService<IChatTokenCounter>()!.CountTokensAsync([new(ChatRole.User, "hello")], null));
        Assert.Equal((ChatFailureKind.RateLimited, TimeSpan.FromSeconds(9)), (exception.Failure.Kind, exception.Failure.RetryAfter));
        Assert.Single(Simulator.Requests);
    }

    [Fact]
    public void NoKeyIsATypedErrorThatSaysWhatToDo()
    {
        ProviderConfigurationException exception = Assert.Throws<ProviderConfigurationException>(() => Create(options => options.ApiKey = null));
        Assert.Contains("Set ApiKey", exception.Message, StringComparison.Ordinal);
        Assert.Contains("OPENAI_API_KEY", exception.Message, StringComparison.Ordinal);
    }

    private static void Observe(IChatClient client, out IUsageNormalizer normalizer) => normalizer = client.GetService<IUsageNormalizer>()!;
}
