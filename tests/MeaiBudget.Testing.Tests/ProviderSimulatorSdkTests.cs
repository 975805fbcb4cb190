using System.ClientModel;
using System.ClientModel.Primitives;
using Anthropic;
using Anthropic.Exceptions;
using MeaiBudget.Testing;
using Microsoft.Extensions.AI;
using OllamaSharp;
using OpenAI;

namespace MeaiBudget.Tests;

/// <summary>The real SDKs against the simulator: they are the judges of its wire formats.</summary>
public sealed class ProviderSimulatorSdkTests
{
    private static readonly ChatMessage[] Messages = [new(ChatRole.System, "Be brief."), new(ChatRole.User, "How are you?")];

    public static TheoryData<SimulatedProvider, bool> Providers
    {
        get
        {
            var data = new TheoryData<SimulatedProvider, bool>();
            foreach (SimulatedProvider provider in Enum.GetValues<SimulatedProvider>())
            {
                data.Add(provider, false);
                data.Add(provider, true);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task AnAnswerIsUnderstoodWhole(SimulatedProvider provider, bool streaming)
    {
        await using ProviderSimulator simulator = await ProviderSimulator.StartAsync();
        using IChatClient client = Client(simulator, provider);

        ChatResponse response = await AskAsync(client, streaming);

        Assert.Equal("You said: How are you?", response.Text);
        Assert.Equal(ChatFinishReason.Stop, response.FinishReason);
        Assert.Equal("model-a", response.ModelId);
        Assert.Equal(5, response.Usage?.InputTokenCount);
        Assert.Equal(5, response.Usage?.OutputTokenCount);
        SimulatedRequest request = Assert.Single(simulator.Requests);
        Assert.Equal(provider, request.Provider);
        Assert.Equal(streaming, request.IsStreaming);
        await request.Completion;
        Assert.Equal(SimulatedRequestState.Completed, request.State);
        Assert.Equal(new SimulatedUsage(5, 5), simulator.TotalBilled());
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task ToolCallsAreUnderstood(SimulatedProvider provider, bool streaming)
    {
        await using ProviderSimulator simulator = await ProviderSimulator.StartAsync();
        using IChatClient client = Client(simulator, provider);
        simulator.Script(provider).Enqueue(SimulatedResponse.Text("Let me see.").WithToolCall("weather", new { city = "Rome", days = 2 }));

        ChatResponse response = await AskAsync(client, streaming);

        FunctionCallContent call = Assert.Single(response.Messages.SelectMany(message => message.Contents).OfType<FunctionCallContent>());
        Assert.Equal("weather", call.Name);
        Assert.Equal("Rome", call.Arguments?["city"]?.ToString());
        Assert.Equal("2", call.Arguments?["days"]?.ToString());
        Assert.Equal("Let me see.", response.Text);
        if (provider != SimulatedProvider.Ollama)
        {
            Assert.Equal(ChatFinishReason.ToolCalls, response.FinishReason);
        }
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task AToolLoopRunsToItsEnd(SimulatedProvider provider, bool streaming)
    {
        await using ProviderSimulator simulator = await ProviderSimulator.StartAsync();
        using IChatClient client = Client(simulator, provider).AsBuilder().UseFunctionInvocation().Build();
        simulator.Script(provider).Enqueue(SimulatedResponse.ToolCall("weather", new { city = "Rome" }));
        var options = new ChatOptions { Tools = [AIFunctionFactory.Create((string city) => $"Sun in {city}", "weather")] };

        ChatResponse response = await AskAsync(client, streaming, options);

        Assert.Contains("Sun in Rome", response.Text);
        Assert.Equal(2, simulator.Script(provider).ChatRequests.Count);
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task EveryCountOfUsageArrives(SimulatedProvider provider, bool streaming)
    {
        await using ProviderSimulator simulator = await ProviderSimulator.StartAsync();
        using IChatClient client = Client(simulator, provider);
        simulator.Script(provider).Enqueue(SimulatedResponse.Text("x").WithUsage(
            new SimulatedUsage(120, 30) { CachedInputTokens = 40, CacheWriteTokens = 70, ReasoningTokens = 20 }));

        UsageDetails? usage = (await AskAsync(client, streaming)).Usage;

        Assert.Equal(120, usage?.InputTokenCount);
        Assert.Equal(30, usage?.OutputTokenCount);
        if (provider != SimulatedProvider.Ollama)
        {
            Assert.Equal(40, usage?.CachedInputTokenCount);
        }

        if (provider == SimulatedProvider.Anthropic)
        {
            Assert.Equal(70, usage?.AdditionalCounts?["CacheCreationInputTokens"]);
        }
        else if (provider != SimulatedProvider.Ollama)
        {
            Assert.Equal(20, usage?.ReasoningTokenCount);
        }
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task ARateLimitBecomesTheSdksOwnException(SimulatedProvider provider, bool streaming)
    {
        await using ProviderSimulator simulator = await ProviderSimulator.StartAsync();
        using IChatClient client = Client(simulator, provider);
        simulator.Script(provider).Enqueue(SimulatedResponse.RateLimited("2"));

        Exception? exception = await Record.ExceptionAsync(() => AskAsync(client, streaming));

        switch (provider)
        {
            case SimulatedProvider.Anthropic:
                Assert.IsType<AnthropicRateLimitException>(exception);
                break;
            case SimulatedProvider.Ollama:
                Assert.Equal(System.Net.HttpStatusCode.TooManyRequests, Assert.IsType<HttpRequestException>(exception).StatusCode);
                break;
            default:
                ClientResultException error = Assert.IsType<ClientResultException>(exception);
                Assert.Equal(429, error.Status);
                Assert.True(error.GetRawResponse()!.Headers.TryGetValue("retry-after", out string? retryAfter));
                Assert.Equal("2", retryAfter);
                break;
        }

        Assert.Single(simulator.Requests);
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task AServerErrorAndAnUnknownModelThrow(SimulatedProvider provider, bool streaming)
    {
        await using ProviderSimulator simulator = await ProviderSimulator.StartAsync();
        using IChatClient client = Client(simulator, provider);
        simulator.Script(provider).Enqueue(SimulatedResponse.ServerError(), SimulatedResponse.ModelNotFound(), SimulatedResponse.Overloaded());

        Assert.NotNull(await Record.ExceptionAsync(() => AskAsync(client, streaming)));
        Assert.NotNull(await Record.ExceptionAsync(() => AskAsync(client, streaming)));
        Exception? overloaded = await Record.ExceptionAsync(() => AskAsync(client, streaming));

        Assert.NotNull(overloaded);
        if (provider == SimulatedProvider.Anthropic)
        {
            Assert.IsType<AnthropicOverloadedException>(overloaded);
        }

        Assert.Equal(3, simulator.Requests.Count);
    }

    [Theory]
    [InlineData(SimulatedProvider.OpenAI)]
    [InlineData(SimulatedProvider.Anthropic)]
    [InlineData(SimulatedProvider.LiteLLM)]
    [InlineData(SimulatedProvider.Ollama)]
    public async Task AStreamThatDiesHalfWayThrowsAfterItsPieces(SimulatedProvider provider)
    {
        await using ProviderSimulator simulator = await ProviderSimulator.StartAsync();
        using IChatClient client = Client(simulator, provider);
        simulator.Script(provider).Enqueue(SimulatedResponse.Text("one two three").DropAfter(2));
        string text = "";

        Exception? exception = await Record.ExceptionAsync(async () =>
        {
            await foreach (ChatResponseUpdate update in client.GetStreamingResponseAsync(Messages))
            {
                text += update.Text;
            }
        });

        Assert.NotNull(exception);
        Assert.Equal("one two", text);
        Assert.Equal(new SimulatedUsage(5, 2), simulator.TotalBilled());
    }

    [Theory]
    [InlineData(SimulatedProvider.OpenAI)]
    [InlineData(SimulatedProvider.Anthropic)]
    [InlineData(SimulatedProvider.LiteLLM)]
    [InlineData(SimulatedProvider.Ollama)]
    public async Task AStreamLeftEarlyIsSeenToBeLeft(SimulatedProvider provider)
    {
        await using ProviderSimulator simulator = await ProviderSimulator.StartAsync();
        using IChatClient client = Client(simulator, provider);
        simulator.Script(provider).Enqueue(SimulatedResponse.Text("one two three").StallAfter(2));
        string text = "";

        await foreach (ChatResponseUpdate update in client.GetStreamingResponseAsync(Messages))
        {
            text += update.Text;
            if (text == "one two")
            {
                break;
            }
        }

        await simulator.WaitForCompletionAsync();
        Assert.Equal(SimulatedRequestState.ClientLeft, simulator.Requests.Single().State);
        Assert.Equal(new SimulatedUsage(5, 2), simulator.TotalBilled());
    }

    [Theory]
    [InlineData(SimulatedProvider.OpenAI)]
    [InlineData(SimulatedProvider.Anthropic)]
    [InlineData(SimulatedProvider.LiteLLM)]
    [InlineData(SimulatedProvider.Ollama)]
    public async Task AnErrorEventInsideA200IsWhatEachSdkMakesOfIt(SimulatedProvider provider)
    {
        await using ProviderSimulator simulator = await ProviderSimulator.StartAsync();
        using IChatClient client = Client(simulator, provider);
        simulator.Script(provider).Enqueue(SimulatedResponse.Text("one two").ErrorAfter(1));
        ChatResponse? response = null;

        Exception? exception = await Record.ExceptionAsync(async () => response = await AskAsync(client, streaming: true));

        if (provider == SimulatedProvider.Anthropic)
        {
            Assert.IsType<AnthropicSseException>(exception);
            return;
        }

        // The other SDKs pass over the error and end as if all were well, but for the missing finish reason.
        Assert.Null(exception);
        Assert.Equal("one", response!.Text);
        Assert.Null(response.FinishReason);
        if (provider == SimulatedProvider.OpenAI)
        {
            Assert.Equal(0, response.Usage?.InputTokenCount);
        }
        else
        {
            Assert.Null(response.Usage?.InputTokenCount);
        }
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task AnAnswerWithoutUsageIsWhatEachSdkMakesOfIt(SimulatedProvider provider, bool streaming)
    {
        await using ProviderSimulator simulator = await ProviderSimulator.StartAsync();
        using IChatClient client = Client(simulator, provider);
        simulator.Script(provider).Enqueue(SimulatedResponse.Text("one two").WithoutUsage());
        if (provider == SimulatedProvider.Anthropic)
        {
            await Assert.ThrowsAsync<AnthropicInvalidDataException>(() => AskAsync(client, streaming));
            return;
        }

        ChatResponse response = await AskAsync(client, streaming);

        Assert.Equal("one two", response.Text);
        Assert.True(response.Usage?.InputTokenCount is null or 0, $"{response.Usage?.InputTokenCount}");
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task MalformedJsonThrows(SimulatedProvider provider, bool streaming)
    {
        await using ProviderSimulator simulator = await ProviderSimulator.StartAsync();
        using IChatClient client = Client(simulator, provider);
        simulator.Script(provider).Enqueue(SimulatedResponse.Text("one two").MalformedAfter(1));

        Assert.NotNull(await Record.ExceptionAsync(() => AskAsync(client, streaming)));
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task TheCallersTokenEndsAnAnswerThatNeverComes(SimulatedProvider provider, bool streaming)
    {
        await using ProviderSimulator simulator = await ProviderSimulator.StartAsync();
        using IChatClient client = Client(simulator, provider);
        simulator.Script(provider).Enqueue(SimulatedResponse.Echo().AfterDelay(TimeSpan.FromDays(1)));
        using var source = new CancellationTokenSource();

        Task<ChatResponse> answer = AskAsync(client, streaming, null, source.Token);
        await simulator.WaitForRequestsAsync(1);
        await source.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => answer);
        await simulator.WaitForCompletionAsync();
        Assert.Equal(SimulatedRequestState.ClientLeft, simulator.Requests.Single().State);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task OpenAIsResponsesClientUnderstandsAnswersAndToolCalls(bool streaming)
    {
        await using ProviderSimulator simulator = await ProviderSimulator.StartAsync();
#pragma warning disable OPENAI001 // The SDK marks its responses client as experimental; this test is about the wire.
        using IChatClient client = OpenAI(simulator.OpenAIBaseUrl).GetResponsesClient().AsIChatClient("model-a");
#pragma warning restore OPENAI001
        simulator.OpenAI.Enqueue(SimulatedResponse.Echo(), SimulatedResponse.ToolCall("weather", new { city = "Rome" }));

        ChatResponse echo = await AskAsync(client, streaming);
        ChatResponse tool = await AskAsync(client, streaming);

        Assert.Equal("You said: How are you?", echo.Text);
        Assert.Equal(5, echo.Usage?.OutputTokenCount);
        Assert.Equal("weather", Assert.Single(tool.Messages.SelectMany(message => message.Contents).OfType<FunctionCallContent>()).Name);
        Assert.All(simulator.Requests, request => Assert.EndsWith("/responses", request.Path, StringComparison.Ordinal));
    }

    private static IChatClient Client(ProviderSimulator simulator, SimulatedProvider provider) => provider switch
    {
        SimulatedProvider.OpenAI => OpenAI(simulator.OpenAIBaseUrl).GetChatClient("model-a").AsIChatClient(),
        SimulatedProvider.LiteLLM => OpenAI(simulator.LiteLLMBaseUrl).GetChatClient("model-a").AsIChatClient(),
        SimulatedProvider.Anthropic => new AnthropicClient
        {
            ApiKey = "key",
            BaseUrl = simulator.AnthropicBaseUrl.ToString(),
            MaxRetries = 0,
            HttpClient = new HttpClient(ProviderSimulator.CreateHttpHandler()),
        }.AsIChatClient("model-a"),
        _ => new OllamaApiClient(new HttpClient(ProviderSimulator.CreateHttpHandler()) { BaseAddress = simulator.OllamaBaseUrl }, "model-a"),
    };

    private static OpenAIClient OpenAI(Uri baseUrl) => new(
        new ApiKeyCredential("key"),
        new OpenAIClientOptions
        {
            Endpoint = baseUrl,
            RetryPolicy = new ClientRetryPolicy(maxRetries: 0),
            Transport = new HttpClientPipelineTransport(new HttpClient(ProviderSimulator.CreateHttpHandler())),
        });

    private static async Task<ChatResponse> AskAsync(
        IChatClient client, bool streaming, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        streaming
            ? await client.GetStreamingResponseAsync(Messages, options, cancellationToken).ToChatResponseAsync(cancellationToken)
            : await client.GetResponseAsync(Messages, options, cancellationToken);
}
