using MeaiBudget.Testing;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Time.Testing;

namespace MeaiBudget.Tests;

/// <summary>The simulator bills what real providers bill: tiers, failed answers, tools, audio, reports in pieces and clients that leave. Budgets charge the same.</summary>
public sealed class SimulatedBillingTests
{
    public static TheoryData<string, bool> Clients
    {
        get
        {
            var data = new TheoryData<string, bool>();
            foreach (string client in new[] { "chat", "responses", "anthropic", "litellm", "ollama" })
            {
                data.Add(client, false);
                data.Add(client, true);
            }

            return data;
        }
    }

    public static TheoryData<bool> Both => StreamModes.Both;

    [Theory, MemberData(nameof(Clients))]
    public async Task WhatTheSimulatorBillsIsCharged(string kind, bool streaming)
    {
        (SimulatedRequest request, AttemptReceipt attempt, _) = await AskAsync(kind, streaming, SimulatedResponse.Text("one two three").WithUsage(new SimulatedUsage(1_000, 50)
        {
            CachedInputTokens = kind == "ollama" ? 0 : 400,
            ReasoningTokens = kind is "ollama" or "anthropic" ? 0 : 20,
            InputAudioTokens = kind is "chat" or "litellm" ? 100 : 0,
            OutputAudioTokens = kind is "chat" or "litellm" ? 10 : 0,
        }));

        AssertSame(request.Billed, attempt.Usage);
    }

    [Theory]
    [InlineData("chat", "priority", null, "priority")]
    [InlineData("chat", "priority", "default", "standard")]
    [InlineData("responses", "flex", null, "flex")]
    [InlineData("responses", null, "priority", "priority")]
    [InlineData("anthropic", null, "fast", "fast")]
    [InlineData("litellm", null, "flex", "flex")]
    public async Task TheTierThatAnswersIsCharged(string kind, string? asked, string? answered, string expected)
    {
        foreach (bool streaming in (bool[])[false, true])
        {
            SimulatedResponse response = SimulatedResponse.Text("Hi").WithUsage(100, 10);
            (SimulatedRequest request, AttemptReceipt attempt, _) = await AskAsync(kind, streaming, answered is null ? response : response.WithServiceTier(answered), asked);

            Assert.Equal(expected, attempt.Usage.ServiceTier);
            Assert.Equal(expected == "standard" ? null : expected, request.ServiceTier);
        }
    }

    [Theory]
    [InlineData("responses", 3, 2, 1)]
    [InlineData("anthropic", 2, 0, 0)]
    [InlineData("litellm", 2, 0, 0)]
    public async Task ToolsOfTheProviderAreCharged(string kind, int searches, int files, int sessions)
    {
        foreach (bool streaming in (bool[])[false, true])
        {
            (SimulatedRequest request, AttemptReceipt attempt, ChatResponse? answer) = await AskAsync(
                kind, streaming, SimulatedResponse.Text("Found it.").WithUsage(new SimulatedUsage(1_000, 50) { WebSearches = searches, FileSearches = files, CodeSessions = sessions }));

            Assert.Equal("Found it.", answer?.Text);
            Assert.Equal((searches, files, sessions), (request.Billed.WebSearches, request.Billed.FileSearches, request.Billed.CodeSessions));
            Assert.Equal((searches, files, sessions), (attempt.Usage.WebSearches, attempt.Usage.FileSearches, attempt.Usage.CodeExecutionSessions));
        }
    }

    [Theory, MemberData(nameof(Both))]
    public async Task ACitationOfAChatCompletionIsASearch(bool streaming)
    {
        (_, AttemptReceipt attempt, _) = await AskAsync("chat", streaming, SimulatedResponse.Text("Found it.").WithUsage(new SimulatedUsage(1_000, 50) { WebSearches = 1 }));

        Assert.Equal(1, attempt.Usage.WebSearches);
    }

    [Theory, MemberData(nameof(Both))]
    public async Task AnIncompleteResponseIsAnAnswer(bool streaming)
    {
        (SimulatedRequest request, AttemptReceipt attempt, ChatResponse? answer) = await AskAsync(
            "responses", streaming, SimulatedResponse.Text("one two").WithUsage(100, 10).WithFinishReason(ChatFinishReason.Length));

        Assert.Equal((AttemptOutcome.Answered, ChatFinishReason.Length), (attempt.Outcome, answer?.FinishReason));
        AssertSame(request.Billed, attempt.Usage);
    }

    [Theory, MemberData(nameof(Both))]
    public async Task AFailedResponseIsChargedByItsUsage(bool streaming)
    {
        (SimulatedRequest request, AttemptReceipt attempt, _) = await AskAsync("responses", streaming, SimulatedResponse.Text("one two three four").WithUsage(100, 40).FailAfter(2));

        Assert.Equal((100, streaming ? 20 : 40), (request.Billed.InputTokens, request.Billed.OutputTokens));
        AssertSame(request.Billed, attempt.Usage);
        Assert.False(attempt.IsUnconfirmed);
    }

    [Theory]
    [InlineData("chat", "eos")]
    [InlineData("chat", "")]
    [InlineData("litellm", "insufficient_system_resource")]
    [InlineData("responses", "strange")]
    [InlineData("anthropic", "strange")]
    [InlineData("ollama", "load")]
    public async Task AnOddFinishReasonIsChargedAsBilled(string kind, string reason)
    {
        foreach (bool streaming in (bool[])[false, true])
        {
            (SimulatedRequest request, AttemptReceipt attempt, _) = await AskAsync(kind, streaming, SimulatedResponse.Text("Hi").WithUsage(100, 10).WithFinishReason(reason));

            AssertSame(request.Billed, attempt.Usage);
            Assert.False(attempt.IsUnconfirmed);
        }
    }

    [Theory]
    [InlineData("chat", SimulatedUsageReports.InEachPiece)]
    [InlineData("chat", SimulatedUsageReports.InDifferences)]
    [InlineData("litellm", SimulatedUsageReports.InDifferences)]
    [InlineData("responses", SimulatedUsageReports.InDifferences)]
    public async Task UsageInPiecesIsChargedOnce(string kind, SimulatedUsageReports reports)
    {
        (SimulatedRequest request, AttemptReceipt attempt, _) = await AskAsync(
            kind, streaming: true, SimulatedResponse.Text("one two three four five").WithUsage(100, 37).WithUsageReports(reports));

        Assert.Equal((100L, 37L), (request.Billed.InputTokens, request.Billed.OutputTokens));
        AssertSame(request.Billed, attempt.Usage);
    }

    [Theory]
    [InlineData("chat")]
    [InlineData("responses")]
    [InlineData("anthropic")]
    [InlineData("ollama")]
    public async Task L15_AStreamThatIsLeftEndsAtTheProviderAtOnceAlsoWithDotNetsOwnDrainTimeout(string kind)
    {
        var clock = new FakeTimeProvider();
        await using ProviderSimulator simulator = await ProviderSimulator.StartAsync(new() { TimeProvider = clock });
        using IChatClient client = new ChatClientBuilder(Client(kind, simulator, new SocketsHttpHandler()))
            .UseBudget(Tracker(), options => options.DefaultOutputTokens = 1_000).Build();
        ScriptOf(kind, simulator).Enqueue(SimulatedResponse.Text(string.Join(' ', Enumerable.Repeat("word", 500))).WithPieceInterval(TimeSpan.FromSeconds(1)).GoesOnFor(10));

        Task firstWord = AdvanceAsync();
        await foreach (ChatResponseUpdate update in client.GetStreamingResponseAsync("Hi", new ChatOptions { MaxOutputTokens = 1_000 }, TestContext.Current.CancellationToken))
        {
            if (update.Text.Contains("word", StringComparison.Ordinal))
            {
                break;
            }
        }

        await firstWord;
        SimulatedRequest request = simulator.Requests.Single();
        await request.Completion.WaitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(SimulatedRequestState.ClientLeft, request.State);
        Assert.Equal(11, request.Billed.OutputTokens);

        async Task AdvanceAsync()
        {
            await simulator.WaitForDelaysAsync(1, TestContext.Current.CancellationToken);
            clock.Advance(TimeSpan.FromSeconds(1));
        }
    }

    private static void AssertSame(SimulatedUsage billed, in BillableUsage charged) => Assert.Equal(
        (billed.InputTokens, billed.CachedInputTokens, billed.OutputTokens, billed.ReasoningTokens, billed.InputAudioTokens, billed.OutputAudioTokens),
        (charged.InputTokens, charged.CachedInputTokens, charged.OutputTokens, charged.ReasoningTokens, charged.InputAudioTokens, charged.OutputAudioTokens));

    private static CostTracker Tracker() => new([Budget.Daily("day", 10m)], PriceCatalog.Default.With("llama3.2", ModelPrice.PerMillionTokens(1m, 2m)));

    private static async Task<(SimulatedRequest Request, AttemptReceipt Attempt, ChatResponse? Answer)> AskAsync(string kind, bool streaming, SimulatedResponse response, string? tier = null)
    {
        await using ProviderSimulator simulator = await ProviderSimulator.StartAsync();
        ScriptOf(kind, simulator).Enqueue(response);
        using IChatClient client = new ChatClientBuilder(Client(kind, simulator, ProviderSimulator.CreateHttpHandler())).UseBudget(Tracker()).Build();
        using ReceiptCapture capture = CallReceipts.Capture();
        ChatResponse? answer = null;
        try
        {
            answer = await client.AskAsync(streaming, options: new ChatOptions
            {
                MaxOutputTokens = 1_000,
                AdditionalProperties = tier is null ? null : new() { ["service_tier"] = tier },
                RawRepresentationFactory = tier is null ? null : _ => Raw(kind, tier),
            });
        }
        catch (Exception exception) when (exception is not (Xunit.Sdk.XunitException or BudgetExceededException))
        {
            // Some answers cannot be read by the SDK; the charge is what counts.
        }

        await simulator.WaitForCompletionAsync();
        return (simulator.Requests.Single(), capture.Receipts.Single().Attempts.Single(), answer);
    }

#pragma warning disable OPENAI001, SCME0001 // The SDK's own raw types are experimental.
    private static object Raw(string kind, string tier)
    {
        if (kind == "responses")
        {
            var response = new OpenAI.Responses.CreateResponseOptions();
            response.Patch.Set("$.service_tier"u8, tier);
            return response;
        }

        var chat = new OpenAI.Chat.ChatCompletionOptions();
        chat.Patch.Set("$.service_tier"u8, tier);
        return chat;
    }
#pragma warning restore OPENAI001, SCME0001

    private static ProviderScript ScriptOf(string kind, ProviderSimulator simulator) => kind switch
    {
        "anthropic" => simulator.Anthropic,
        "litellm" => simulator.LiteLLM,
        "ollama" => simulator.Ollama,
        _ => simulator.OpenAI,
    };

    private static IChatClient Client(string kind, ProviderSimulator simulator, HttpMessageHandler handler) => kind switch
    {
        "anthropic" => AnthropicChatClientFactory.Create(new() { ApiKey = "k", ModelId = "claude-haiku-4-5", BaseUrl = simulator.AnthropicBaseUrl.ToString(), HttpMessageHandler = handler }),
        "litellm" => LiteLLMChatClientFactory.Create(new() { ApiKey = "k", ModelId = "gpt-4.1-mini", BaseUrl = simulator.LiteLLMBaseUrl.ToString(), HttpMessageHandler = handler }),
        "ollama" => OllamaChatClientFactory.Create(new() { ModelId = "llama3.2", BaseUrl = simulator.OllamaBaseUrl.ToString(), HttpMessageHandler = handler }),
        _ => OpenAIChatClientFactory.Create(new() { ApiKey = "k", ModelId = kind == "chat" ? "gpt-4.1-mini" : "gpt-5-mini", UseResponsesApi = kind == "responses", BaseUrl = simulator.OpenAIBaseUrl.ToString(), HttpMessageHandler = handler }),
    };
}
