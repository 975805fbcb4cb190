using Microsoft.Extensions.AI;

namespace MeaiBudget.Tests;

/// <summary>A stream whose text the caller has in full ends as the provider says, whatever the SDK makes of its last event.</summary>
public sealed class UnreadableStreamTests
{
    public static TheoryData<string, string> Ends => new()
    {
        { "\"eos\"", "stop" },
        { "\"\"", "" },
        { "\"model_length\"", "length" },
        { "\"content-filter\"", "content_filter" },
        { "\"a_word_of_its_own\"", "" },
    };

    public static TheoryData<string> Usages =>
    [
        """{"prompt_tokens":"1000","completion_tokens":"500","total_tokens":"1500"}""",
        """{"prompt_tokens":1000.0,"completion_tokens":500.0,"total_tokens":1500.0}""",
        """{"prompt_tokens":1000,"completion_tokens":500,"total_tokens":null}""",
    ];

    [Theory, MemberData(nameof(Ends))]
    public async Task L1_AStreamWithAnUnknownFinishReasonEndsWithItsWholeText(string finish, string expected)
    {
        (ChatResponse answer, AttemptReceipt attempt) = await AskAsync(WireAnswerTexts.Chat(streaming: true, finish: finish));

        Assert.Equal(("Hello.", expected), (answer.Text, answer.FinishReason?.Value ?? ""));
        Assert.Equal((AttemptOutcome.Answered, 20L, 10L), (attempt.Outcome, attempt.Usage.InputTokens, attempt.Usage.OutputTokens));
        Assert.Equal((20L, 10L), (answer.Usage?.InputTokenCount, answer.Usage?.OutputTokenCount));
    }

    [Theory, MemberData(nameof(Usages))]
    public async Task L11_AStreamWhoseCountsTheSdkCannotReadEndsWithThem(string usage)
    {
        (ChatResponse answer, AttemptReceipt attempt) = await AskAsync(WireAnswerTexts.Chat(streaming: true, usage: usage));

        Assert.Equal("Hello.", answer.Text);
        Assert.Equal((AttemptOutcome.Answered, 1000L, 500L, false), (attempt.Outcome, attempt.Usage.InputTokens, attempt.Usage.OutputTokens, attempt.IsUnconfirmed));
    }

    [Fact]
    public async Task L11_AStreamWithCountsThatAreNothingIsEstimated()
    {
        (ChatResponse answer, AttemptReceipt attempt) = await AskAsync(WireAnswerTexts.Chat(streaming: true, usage: """{"prompt_tokens":null,"completion_tokens":null,"total_tokens":null}"""));

        Assert.Equal("Hello.", answer.Text);
        Assert.Equal((AttemptOutcome.Answered, true), (attempt.Outcome, attempt.Usage.IsEstimated));
        Assert.InRange(attempt.Usage.OutputTokens, 1, 5);
    }

    [Theory]
    [InlineData("\"insufficient_system_resource\"")]
    [InlineData("\"error\"")]
    public async Task L1_AStreamThatTheProviderBrokeOffIsInterruptedAndCharged(string finish)
    {
        var tracker = new CostTracker(Budget.Daily("day", 1m));
        using IChatClient client = new ChatClientBuilder(OpenAi(WireAnswerTexts.Chat(streaming: true, finish: finish))).UseBudget(tracker).Build();
        using ReceiptCapture capture = CallReceipts.Capture();

        ChatStreamInterruptedException interrupted = await Assert.ThrowsAsync<ChatStreamInterruptedException>(() => client.AskAsync(streaming: true));

        Assert.Equal(("Hello.", ChatFailureKind.UnreadableAnswer), (interrupted.Received.Text, interrupted.Failure.Kind));
        AttemptReceipt attempt = capture.Receipts.Single().Attempts.Single();
        Assert.Equal((ChatFailurePhase.MidStream, 20L, 10L, false), (attempt.Failure!.Phase, attempt.Usage.InputTokens, attempt.Usage.OutputTokens, attempt.IsUnconfirmed));
        Assert.Equal(0, (await tracker.GetStatusAsync(cancellationToken: Token)).Single().Held);
    }

    [Fact]
    public async Task L1_AStreamWhoseLaterTextIsUnreadableIsInterrupted()
    {
        string events = (await WireAnswerTexts.Chat(streaming: true).Content.ReadAsStringAsync(Token))
            .Replace("\"delta\":{},\"finish_reason\":\"stop\"", "\"delta\":{\"role\":\"model\",\"content\":\" And more.\"},\"finish_reason\":\"stop\"", StringComparison.Ordinal);
        using IChatClient client = new ChatClientBuilder(OpenAi(CannedHandler.Response(200, events, "text/event-stream"))).UseBudget(new CostTracker(Budget.Daily("day", 1m))).Build();

        ChatStreamInterruptedException interrupted = await Assert.ThrowsAsync<ChatStreamInterruptedException>(() => client.AskAsync(streaming: true));

        Assert.Equal("Hello.", interrupted.Received.Text);
    }

    /// <summary>The SDK passes calls of tools on at the end of a stream, so a stream that it leaves before has lost them.</summary>
    [Fact]
    public async Task L1_ACallOfAToolThatTheSdkLostIsAFailureAndMovesOn()
    {
        string events = (await WireAnswerTexts.Chat(streaming: true, finish: "\"eos\"", text: "").Content.ReadAsStringAsync(Token))
            .Replace("\"content\":\"\"", "\"tool_calls\":[{\"index\":0,\"id\":\"t1\",\"type\":\"function\",\"function\":{\"name\":\"find\",\"arguments\":\"{}\"}}]", StringComparison.Ordinal);
        using IChatClient client = new ChatClientBuilder(OpenAi(CannedHandler.Response(200, events, "text/event-stream")))
            .UseBudget(new CostTracker(Budget.Daily("day", 1m)))
            .UseFallback(OpenAi(WireAnswerTexts.Chat(streaming: true)))
            .Build();

        ChatResponse answer = await client.AskAsync(streaming: true);

        Assert.Equal("Hello.", answer.Text);
    }

    [Theory, MemberData(nameof(StreamModes.Both), MemberType = typeof(StreamModes))]
    public async Task L1_AnAnthropicAnswerWithoutACountThatTheSdkWantsIsCharged(bool streaming)
    {
        const string Usage = """{"input_tokens":1000,"output_tokens":500,"server_tool_use":{"web_search_requests":1} }""";
        var wire = new CannedHandler(_ => WireAnswerTexts.Anthropic(streaming, usage: Usage));
        using IChatClient client = new ChatClientBuilder(AnthropicChatClientFactory.Create(new() { ApiKey = "k", ModelId = "claude-haiku-4-5", HttpMessageHandler = wire }))
            .UseBudget(new CostTracker(Budget.Daily("day", 1m)))
            .UseFallback(OpenAi(WireAnswerTexts.Chat(streaming)))
            .Build();
        using ReceiptCapture capture = CallReceipts.Capture();

        ChatResponse answer = await client.AskAsync(streaming);

        Assert.Equal("Hello.", answer.Text);
        AttemptReceipt attempt = capture.Receipts.Single().Attempts[0];
        Assert.Equal((1000L, 500L, 1L), (attempt.Usage.InputTokens, attempt.Usage.OutputTokens, attempt.Usage.WebSearches));
        Assert.Equal(streaming ? AttemptOutcome.Answered : AttemptOutcome.Failed, attempt.Outcome);
    }

    [Theory, MemberData(nameof(StreamModes.Both), MemberType = typeof(StreamModes))]
    public async Task L3_AFailedResponseThatIsBilledIsNotSentAgain(bool streaming)
    {
        var wire = new CannedHandler(_ => WireAnswerTexts.Responses(streaming, "failed", 1000, 500, ",\"error\":{\"code\":\"server_error\",\"message\":\"The model failed.\"}"));
        IChatClient inner = OpenAIChatClientFactory.Create(new() { ApiKey = "k", ModelId = "gpt-5-mini", UseResponsesApi = true, HttpMessageHandler = wire });
        using IChatClient client = new ChatClientBuilder(inner).UseBudget(new CostTracker(Budget.Daily("day", 1m))).UseRetry().Build();
        using ReceiptCapture capture = CallReceipts.Capture();

        await Assert.ThrowsAnyAsync<Exception>(() => client.AskAsync(streaming));

        Assert.Single(wire.Requests);
        AttemptReceipt attempt = capture.Receipts.Single().Attempts.Single();
        Assert.Equal((1000L, 500L), (attempt.Usage.InputTokens, attempt.Usage.OutputTokens));
    }

    [Fact]
    public async Task L1_AResponseWithAnUnknownStatusIsChargedByItsUsage()
    {
        var wire = new CannedHandler(_ => WireAnswerTexts.Responses(streaming: false, "strange", 1000, 500));
        IChatClient inner = OpenAIChatClientFactory.Create(new() { ApiKey = "k", ModelId = "gpt-5-mini", UseResponsesApi = true, HttpMessageHandler = wire });
        using IChatClient client = new ChatClientBuilder(inner).UseBudget(new CostTracker(Budget.Daily("day", 1m))).Build();
        using ReceiptCapture capture = CallReceipts.Capture();

        await Assert.ThrowsAnyAsync<Exception>(() => client.AskAsync(streaming: false));

        AttemptReceipt attempt = capture.Receipts.Single().Attempts.Single();
        Assert.Equal((ChatFailureKind.UnreadableAnswer, 1000L, 500L, false), (attempt.Failure!.Kind, attempt.Usage.InputTokens, attempt.Usage.OutputTokens, attempt.IsUnconfirmed));
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static IChatClient OpenAi(HttpResponseMessage answer) =>
        OpenAIChatClientFactory.Create(new() { ApiKey = "k", ModelId = "gpt-4.1-mini", HttpMessageHandler = new CannedHandler(_ => answer) });

    private static async Task<(ChatResponse Answer, AttemptReceipt Attempt)> AskAsync(HttpResponseMessage streamed)
    {
        using IChatClient client = new ChatClientBuilder(OpenAi(streamed)).UseBudget(new CostTracker(Budget.Daily("day", 1m))).Build();
        using ReceiptCapture capture = CallReceipts.Capture();
        ChatResponse answer = await client.AskAsync(streaming: true);
        return (answer, capture.Receipts.Single().Attempts.Single());
    }
}
