using Microsoft.Extensions.AI;

namespace MeaiBudget.Tests;

/// <summary>What a provider bills is charged, whatever its SDK makes of the answer.</summary>
public sealed class BilledAnswerTests
{
    private const string PlainUsage = """{"prompt_tokens":1000,"completion_tokens":500,"total_tokens":1500}""";
    private static readonly decimal PlainCost = (1000 * 0.0000004m) + (500 * 0.0000016m);

    public static TheoryData<string, bool> OddFinishes
    {
        get
        {
            var data = new TheoryData<string, bool>();
            foreach (string finish in new[] { "\"\"", "\"eos\"", "\"insufficient_system_resource\"", "\"error\"", "\"abort\"" })
            {
                data.Add(finish, false);
                data.Add(finish, true);
            }

            return data;
        }
    }

    public static TheoryData<bool> Both => StreamModes.Both;

    [Theory, MemberData(nameof(OddFinishes))]
    public async Task L1_AnAnswerThatTheSdkCannotReadIsChargedAndAnotherCandidateAnswers(string finish, bool streaming)
    {
        var wire = new CannedHandler(_ => WireAnswerTexts.Chat(streaming, finish: finish, usage: PlainUsage, text: ""));
        var tracker = new CostTracker(Budget.Daily("day", 1m));
        using IChatClient client = new ChatClientBuilder(OpenAi(wire))
            .UseBudget(tracker).UseRetry()
            .UseFallback(OpenAi(new CannedHandler(_ => WireAnswerTexts.Chat(streaming))))
            .Build();
        using ReceiptCapture capture = CallReceipts.Capture();

        ChatResponse answer = await client.AskAsync(streaming);

        Assert.Equal("Hello.", answer.Text);
        Assert.Single(wire.Requests);
        IReadOnlyList<AttemptReceipt> attempts = capture.Receipts.Single().Attempts;
        Assert.Equal((AttemptOutcome.Failed, ChatFailureKind.UnreadableAnswer), (attempts[0].Outcome, attempts[0].Failure!.Kind));
        Assert.Equal(PlainCost, attempts[0].Cost.Amount);
        Assert.False(attempts[0].IsUnconfirmed);
        Assert.Equal(attempts.Sum(attempt => attempt.Cost.Amount), (await tracker.GetStatusAsync(cancellationToken: Token)).Single().Spent);
    }

    [Theory, MemberData(nameof(Both))]
    public async Task L2_AnIncompleteResponseEndsAsTheProviderSays(bool streaming)
    {
        var wire = new CannedHandler(_ => WireAnswerTexts.Responses(streaming, "incomplete", 1000, 500, ",\"incomplete_details\":{\"reason\":\"max_output_tokens\"}"));
        using IChatClient client = new ChatClientBuilder(Responses(wire)).UseBudget(new CostTracker(Budget.Daily("day", 1m))).UseRetry().Build();
        using ReceiptCapture capture = CallReceipts.Capture();

        ChatResponse answer = await client.AskAsync(streaming);

        Assert.Equal(ChatFinishReason.Length, answer.FinishReason);
        Assert.Equal("Hello.", answer.Text);
        Assert.Single(wire.Requests);
        AttemptReceipt attempt = capture.Receipts.Single().Attempts.Single();
        Assert.Equal((AttemptOutcome.Answered, 1000L, 500L), (attempt.Outcome, attempt.Usage.InputTokens, attempt.Usage.OutputTokens));
    }

    [Theory, MemberData(nameof(Both))]
    public async Task L3_AFailedResponseIsChargedByItsUsage(bool streaming)
    {
        var wire = new CannedHandler(_ => WireAnswerTexts.Responses(streaming, "failed", 1000, 500, ",\"error\":{\"code\":\"server_error\",\"message\":\"The model failed.\"}"));
        using IChatClient client = new ChatClientBuilder(Responses(wire)).UseBudget(new CostTracker(Budget.Daily("day", 1m))).Build();
        using ReceiptCapture capture = CallReceipts.Capture();

        try
        {
            await client.AskAsync(streaming);
        }
        catch (Exception exception) when (exception is not Xunit.Sdk.XunitException)
        {
            // Some clients throw and some answer: the charge is what counts.
        }

        AttemptReceipt attempt = capture.Receipts.Single().Attempts.Single();
        Assert.Equal((1000L, 500L), (attempt.Usage.InputTokens, attempt.Usage.OutputTokens));
        Assert.Single(wire.Requests);
    }

    [Theory, MemberData(nameof(Both))]
    public async Task L5_ThinkingThatStandsOnlyInTheTotalIsOutput(bool streaming)
    {
        AttemptReceipt attempt = await ChargedAsync(streaming, """{"prompt_tokens":20,"completion_tokens":198,"total_tokens":623}""");

        Assert.Equal((20L, 603L), (attempt.Usage.InputTokens, attempt.Usage.OutputTokens));
    }

    [Theory, MemberData(nameof(Both))]
    public async Task L4_AudioTokensAreCountedApart(bool streaming)
    {
        AttemptReceipt attempt = await ChargedAsync(
            streaming, """{"prompt_tokens":17,"completion_tokens":592,"total_tokens":609,"completion_tokens_details":{"text_tokens":110,"audio_tokens":482,"reasoning_tokens":0}}""");

        Assert.Equal((592L, 482L), (attempt.Usage.OutputTokens, attempt.Usage.OutputAudioTokens));
    }

    [Theory, MemberData(nameof(Both))]
    public async Task L10_DeepSeeksCacheHitsAreRead(bool streaming)
    {
        AttemptReceipt attempt = await ChargedAsync(
            streaming, """{"prompt_tokens":1000,"completion_tokens":10,"total_tokens":1010,"prompt_cache_hit_tokens":900,"prompt_cache_miss_tokens":100}""");

        Assert.Equal((1000L, 900L), (attempt.Usage.InputTokens, attempt.Usage.CachedInputTokens));
    }

    [Theory, MemberData(nameof(Both))]
    public async Task L7_UsageThatTellsLessThanTheTextIsNotBelieved(bool streaming)
    {
        string text = string.Concat(Enumerable.Repeat("word ", 600));
        var wire = new CannedHandler(_ => WireAnswerTexts.Chat(streaming, text: text, usage: """{"prompt_tokens":20,"completion_tokens":0,"total_tokens":20}"""));
        using IChatClient client = new ChatClientBuilder(OpenAi(wire)).UseBudget(new CostTracker(Budget.Daily("day", 1m))).Build();
        using ReceiptCapture capture = CallReceipts.Capture();

        await client.AskAsync(streaming);

        AttemptReceipt attempt = capture.Receipts.Single().Attempts.Single();
        Assert.Equal(20, attempt.Usage.InputTokens);
        Assert.InRange(attempt.Usage.OutputTokens, 590, 640);
        Assert.True(attempt.Usage.IsEstimated);
    }

    [Theory, MemberData(nameof(Both))]
    public async Task L11_CountsThatAreTextAreRead(bool streaming)
    {
        var wire = new CannedHandler(_ => WireAnswerTexts.Chat(streaming, usage: """{"prompt_tokens":"1000","completion_tokens":"500","total_tokens":"1500"}"""));
        var tracker = new CostTracker(Budget.Daily("day", 1m));
        using IChatClient client = new ChatClientBuilder(OpenAi(wire)).UseBudget(tracker).Build();

        Assert.Equal("Hello.", (await client.AskAsync(streaming)).Text);
        Assert.Equal(PlainCost, (await tracker.GetStatusAsync(cancellationToken: Token)).Single().Spent);
    }

    [Theory, MemberData(nameof(Both))]
    public async Task L16_AnErrorThatIsAnObjectIsRejectedByItsStatus(bool streaming)
    {
        var wire = new CannedHandler(_ => CannedHandler.Response(400, """{"error":{"message":"unknown field","type":"invalid_request_error"}}"""));
        IChatClient ollama = OllamaChatClientFactory.Create(new() { ModelId = "llama3.2", BaseUrl = "http://models.example.com:11434", HttpMessageHandler = wire });
        var tracker = new CostTracker([Budget.Daily("day", 1m)], PriceCatalog.Default.With("llama3.2", ModelPrice.PerMillionTokens(1m, 2m)));
        using IChatClient client = new ChatClientBuilder(ollama).UseBudget(tracker).Build();
        using ReceiptCapture capture = CallReceipts.Capture();

        await Assert.ThrowsAnyAsync<Exception>(() => client.AskAsync(streaming));

        Assert.Equal(ChatFailurePhase.Rejected, capture.Receipts.Single().Attempts.Single().Failure!.Phase);
        BudgetStatus status = (await tracker.GetStatusAsync(cancellationToken: Token)).Single();
        Assert.Equal((0m, 0m), (status.Spent, status.Held));
    }

    [Theory, MemberData(nameof(Both))]
    public async Task L17_AHandlerThatSendsNothingCostsNothing(bool streaming)
    {
        IChatClient openAi = OpenAi(new Stopping(new CannedHandler(_ => WireAnswerTexts.Chat(streaming))));
        var tracker = new CostTracker(Budget.Daily("day", 1m));
        using IChatClient client = new ChatClientBuilder(openAi).UseBudget(tracker).Build();
        using ReceiptCapture capture = CallReceipts.Capture();

        await Assert.ThrowsAnyAsync<Exception>(() => client.AskAsync(streaming));

        Assert.Equal(ChatFailurePhase.NotSent, capture.Receipts.Single().Attempts.Single().Failure!.Phase);
        BudgetStatus status = (await tracker.GetStatusAsync(cancellationToken: Token)).Single();
        Assert.Equal((0m, 0m), (status.Spent, status.Held));
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static IChatClient OpenAi(HttpMessageHandler wire) =>
        OpenAIChatClientFactory.Create(new() { ApiKey = "k", ModelId = "gpt-4.1-mini", HttpMessageHandler = wire });

    private static IChatClient Responses(HttpMessageHandler wire) =>
        OpenAIChatClientFactory.Create(new() { ApiKey = "k", ModelId = "gpt-5-mini", UseResponsesApi = true, HttpMessageHandler = wire });

    private static async Task<AttemptReceipt> ChargedAsync(bool streaming, string usage)
    {
        using IChatClient client = new ChatClientBuilder(OpenAi(new CannedHandler(_ => WireAnswerTexts.Chat(streaming, usage: usage))))
            .UseBudget(new CostTracker(Budget.Daily("day", 10m))).Build();
        using ReceiptCapture capture = CallReceipts.Capture();
        await client.AskAsync(streaming);
        return capture.Receipts.Single().Attempts.Single();
    }

    /// <summary>A handler of the application that refuses to send, as an open circuit breaker does.</summary>
    private sealed class Stopping(HttpMessageHandler inner) : DelegatingHandler(inner)
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            throw new TimeoutException("The circuit is now open and is not allowing calls.");
    }
}
