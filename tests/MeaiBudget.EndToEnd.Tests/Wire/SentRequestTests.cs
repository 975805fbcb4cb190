using System.ClientModel;
using System.ClientModel.Primitives;
using Microsoft.Extensions.AI;
using OllamaSharp.Models.Chat;
using OpenAI;
using OpenAI.Chat;
using OpenAI.Responses;
using MessageCreateParams = Anthropic.Models.Messages.MessageCreateParams;

namespace MeaiBudget.Tests;

/// <summary>What goes over the wire is what budgets reserve, whatever the options say.</summary>
#pragma warning disable OPENAI001, SCME0001 // The SDK's own raw types are experimental.
public sealed class SentRequestTests
{
    public static TheoryData<bool> Both => StreamModes.Both;

    public static TheoryData<string, bool> RawLimits
    {
        get
        {
            var data = new TheoryData<string, bool>();
            foreach (bool streaming in new[] { false, true })
            {
                data.Add("chat", streaming);
                data.Add("chat patch", streaming);
                data.Add("responses", streaming);
                data.Add("anthropic", streaming);
                data.Add("ollama", streaming);
                data.Add("ollama num_predict", streaming);
            }

            return data;
        }
    }

    [Theory, MemberData(nameof(RawLimits))]
    public async Task K1_AMaximumInTheRawRequestIsReserved(string kind, bool streaming)
    {
        (IChatClient inner, CannedHandler wire, ChatOptions options) = Raw(kind, streaming, limit: 60_000);
        options.MaxOutputTokens = 10;
        CostTracker poor = Tracker(0.01m);
        using IChatClient refusing = new ChatClientBuilder(inner).UseBudget(poor).Build();

        await Assert.ThrowsAsync<BudgetExceededException>(() => refusing.AskAsync(streaming, options: options));

        Assert.Empty(wire.Requests);
        Assert.Equal(0, (await poor.GetStatusAsync(cancellationToken: Token)).Single().Held);

        CostTracker rich = Tracker(100m);
        using IChatClient admitting = new ChatClientBuilder(inner).UseBudget(rich).Build();
        using ReceiptCapture capture = CallReceipts.Capture();
        await admitting.AskAsync(streaming, options: options);

        Assert.Single(wire.Requests);
        AttemptReceipt attempt = capture.Receipts.Single().Attempts.Single();
        Assert.Equal(60_000, attempt.ReservedOutputTokens);
        Assert.True(attempt.Reserved >= 60_000 * 0.000001m, $"{attempt.Reserved} was reserved.");
        Assert.Equal((20, 10), (attempt.Usage.InputTokens, attempt.Usage.OutputTokens));
    }

    [Theory, MemberData(nameof(Both))]
    public async Task K2_SeveralAnswersAreReservedEach(bool streaming)
    {
        (IChatClient inner, CannedHandler wire) = OpenAi(streaming);
        var options = new ChatOptions { MaxOutputTokens = 500, RawRepresentationFactory = _ => Patched("$.n", 4) };
        using IChatClient client = new ChatClientBuilder(inner).UseBudget(Tracker(1m)).Build();
        using ReceiptCapture capture = CallReceipts.Capture();

        await client.AskAsync(streaming, options: options);

        Assert.Contains("\"n\":4", wire.Requests.Single().Body, StringComparison.Ordinal);
        Assert.Equal(2_000, capture.Receipts.Single().Attempts.Single().ReservedOutputTokens);
    }

    [Theory, MemberData(nameof(Both))]
    public async Task K3_AnotherModelInTheRawRequestIsPricedAsItself(bool streaming)
    {
        (IChatClient inner, CannedHandler wire) = OpenAi(streaming, model: "gpt-4.1");
        var options = new ChatOptions { MaxOutputTokens = 500, RawRepresentationFactory = _ => Patched("$.model", "gpt-4.1") };
        using IChatClient client = new ChatClientBuilder(inner).UseBudget(Tracker(1m)).Build();
        using ReceiptCapture capture = CallReceipts.Capture();

        await client.AskAsync(streaming, options: options);

        Assert.Contains("\"model\":\"gpt-4.1\"", wire.Requests.Single().Body, StringComparison.Ordinal);
        AttemptReceipt attempt = capture.Receipts.Single().Attempts.Single();
        Assert.True(attempt.Reserved >= 500 * 0.000008m, $"{attempt.Reserved} was reserved.");
        Assert.Equal((20 * 0.000002m) + (10 * 0.000008m), attempt.Cost.Amount);
    }

    [Theory, MemberData(nameof(Both))]
    public async Task K4_ATierOfTheRawRequestIsReservedAndBilled(bool streaming)
    {
        (IChatClient inner, _) = OpenAi(streaming, tier: "priority");
        var options = new ChatOptions { MaxOutputTokens = 500, RawRepresentationFactory = _ => Patched("$.service_tier", "priority") };
        decimal[] costs = new decimal[2];
        decimal[] reserved = new decimal[2];
        for (int i = 0; i < 2; i++)
        {
            (IChatClient asked, _) = i == 0 ? OpenAi(streaming) : (inner, null!);
            using IChatClient client = new ChatClientBuilder(asked).UseBudget(Tracker(1m)).Build();
            using ReceiptCapture capture = CallReceipts.Capture();
            await client.AskAsync(streaming, options: i == 0 ? new ChatOptions { MaxOutputTokens = 500 } : options);
            AttemptReceipt attempt = capture.Receipts.Single().Attempts.Single();
            (costs[i], reserved[i]) = (attempt.Cost.Amount, attempt.Reserved);
        }

        Assert.True(costs[1] > costs[0], $"Priority cost {costs[1]}, standard {costs[0]}.");
        Assert.True(reserved[1] > reserved[0], $"For priority {reserved[1]} was reserved, for standard {reserved[0]}.");
    }

    [Theory, MemberData(nameof(Both))]
    public async Task K6_AStoredHistoryInTheRawRequestIsRefusedAsInOptions(bool streaming)
    {
        (IChatClient inner, CannedHandler wire, _) = Raw("responses", streaming, limit: 100);
        var options = new ChatOptions { RawRepresentationFactory = _ => new CreateResponseOptions { PreviousResponseId = "resp_0", MaxOutputTokenCount = 100 } };
        using IChatClient client = new ChatClientBuilder(inner).UseBudget(Tracker(1m)).Build();

        BudgetExceededException refused = await Assert.ThrowsAsync<BudgetExceededException>(() => client.AskAsync(streaming, options: options));

        Assert.Equal(RefusalReason.UnboundedInput, refused.Refusal.Reason);
        Assert.Empty(wire.Requests);
    }

    [Theory, MemberData(nameof(Both))]
    public async Task K6_InstructionsInTheRawRequestAreReserved(bool streaming)
    {
        (IChatClient inner, _, _) = Raw("responses", streaming, limit: 100);
        string instructions = string.Concat(Enumerable.Repeat("Answer in the words of the charter. ", 1_000));
        var options = new ChatOptions { RawRepresentationFactory = _ => new CreateResponseOptions { Instructions = instructions, MaxOutputTokenCount = 100 } };
        CostTracker tracker = Tracker(0.001m);
        using IChatClient client = new ChatClientBuilder(inner).UseBudget(tracker).Build();

        await Assert.ThrowsAsync<BudgetExceededException>(() => client.AskAsync(streaming, options: options));
    }

    /// <summary>A handler that repeats inside the client makes several requests of one attempt: each is reserved for before it leaves.</summary>
    [Theory, MemberData(nameof(Both))]
    public async Task K7_RequestsThatAHandlerRepeatsAreEachReserved(bool streaming)
    {
        int sent = 0;
        var wire = new CannedHandler(_ => ++sent < 3
            ? CannedHandler.Response(500, """{"error":{"message":"internal","type":"server_error"}}""")
            : WireAnswerTexts.Chat(streaming));
        IChatClient inner = OpenAIChatClientFactory.Create(new() { ApiKey = "k", ModelId = "gpt-4.1-mini", HttpMessageHandler = new ResendingHandler(wire, 3) });
        CostTracker tracker = Tracker(1m);
        using IChatClient client = new ChatClientBuilder(inner)
            .UseBudget(tracker, options => options.Unconfirmed = new UnconfirmedPolicy { ServerError = UnconfirmedCharge.Full })
            .Build();
        using ReceiptCapture capture = CallReceipts.Capture();

        await client.AskAsync(streaming, options: new ChatOptions { MaxOutputTokens = 100 });

        AttemptReceipt attempt = capture.Receipts.Single().Attempts.Single();
        Assert.Equal(3, attempt.RequestCount);
        decimal one = (20 * 0.0000004m) + (10 * 0.0000016m);
        decimal full = (attempt.Estimate!.InputUpperBound * 0.0000004m) + (100 * 0.0000016m);
        Assert.Equal(one + (2 * full), attempt.Cost.Amount);
        Assert.Equal(3 * full, attempt.Reserved);
        BudgetStatus status = (await tracker.GetStatusAsync(cancellationToken: Token)).Single();
        Assert.Equal((attempt.Cost.Amount, 0m), (status.Spent, status.Held));
    }

    [Theory, MemberData(nameof(Both))]
    public async Task K7_ARepeatedRequestThatTheBudgetCannotPayIsNotSent(bool streaming)
    {
        var wire = new CannedHandler(_ => CannedHandler.Response(500, """{"error":{"message":"internal","type":"server_error"}}"""));
        IChatClient inner = OpenAIChatClientFactory.Create(new() { ApiKey = "k", ModelId = "gpt-4.1-mini", HttpMessageHandler = new ResendingHandler(wire, 5) });
        CostTracker tracker = Tracker(0.0004m);
        using IChatClient client = new ChatClientBuilder(inner)
            .UseBudget(tracker, options => options.Unconfirmed = new UnconfirmedPolicy { ServerError = UnconfirmedCharge.Full })
            .Build();

        await Assert.ThrowsAsync<BudgetExceededException>(() => client.AskAsync(streaming, options: new ChatOptions { MaxOutputTokens = 100 }));

        Assert.Equal(2, wire.Requests.Count);
        BudgetStatus status = (await tracker.GetStatusAsync(cancellationToken: Token)).Single();
        Assert.Equal(0, status.Held);
        Assert.InRange(status.Spent, 0.0003m, 0.0004m);
    }

    [Theory, MemberData(nameof(Both))]
    public async Task K7_ARequestThatWasRejectedPassesItsReservationOn(bool streaming)
    {
        int sent = 0;
        var wire = new CannedHandler(_ => ++sent < 3
            ? CannedHandler.Response(429, """{"error":{"message":"slow down","type":"rate_limit_error"}}""")
            : WireAnswerTexts.Chat(streaming));
        IChatClient inner = OpenAIChatClientFactory.Create(new() { ApiKey = "k", ModelId = "gpt-4.1-mini", HttpMessageHandler = new ResendingHandler(wire, 3) });
        using IChatClient client = new ChatClientBuilder(inner).UseBudget(Tracker(0.0002m)).Build();
        using ReceiptCapture capture = CallReceipts.Capture();

        await client.AskAsync(streaming, options: new ChatOptions { MaxOutputTokens = 100 });

        AttemptReceipt attempt = capture.Receipts.Single().Attempts.Single();
        Assert.Equal((3, (20 * 0.0000004m) + (10 * 0.0000016m)), (attempt.RequestCount, attempt.Cost.Amount));
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static CostTracker Tracker(decimal limit) => new(
        [Budget.Daily("day", limit)],
        PriceCatalog.Default.With("llama3.2", ModelPrice.PerMillionTokens(1m, 2m)));

    private static ChatCompletionOptions Patched<T>(string path, T value)
    {
        var raw = new ChatCompletionOptions();
        raw.Patch.Set(System.Text.Encoding.UTF8.GetBytes(path), BinaryData.FromObjectAsJson(value));
        return raw;
    }

    private static (IChatClient Client, CannedHandler Wire) OpenAi(bool streaming, string model = "gpt-4.1-mini", string? tier = null)
    {
        var wire = new CannedHandler(_ => WireAnswerTexts.Chat(streaming, model, tier: tier));
        return (OpenAIChatClientFactory.Create(new() { ApiKey = "k", ModelId = "gpt-4.1-mini", HttpMessageHandler = wire }), wire);
    }

    private static (IChatClient Client, CannedHandler Wire, ChatOptions Options) Raw(string kind, bool streaming, int limit)
    {
        var wire = new CannedHandler(_ => kind switch
        {
            "responses" => WireAnswerTexts.Responses(streaming),
            "anthropic" => WireAnswerTexts.Anthropic(streaming),
            "chat" or "chat patch" => WireAnswerTexts.Chat(streaming),
            _ => WireAnswerTexts.Ollama(streaming),
        });
        IChatClient client = kind switch
        {
            "responses" => OpenAIChatClientFactory.Create(new() { ApiKey = "k", ModelId = "gpt-5-mini", UseResponsesApi = true, HttpMessageHandler = wire }),
            "anthropic" => AnthropicChatClientFactory.Create(new() { ApiKey = "k", ModelId = "claude-haiku-4-5", HttpMessageHandler = wire }),
            "chat" or "chat patch" => OpenAIChatClientFactory.Create(new() { ApiKey = "k", ModelId = "gpt-4.1-mini", HttpMessageHandler = wire }),
            _ => OllamaChatClientFactory.Create(new() { ModelId = "llama3.2", BaseUrl = "http://models.example.com:11434", HttpMessageHandler = wire }),
        };
        var options = new ChatOptions
        {
            RawRepresentationFactory = kind switch
            {
                "responses" => _ => new CreateResponseOptions { MaxOutputTokenCount = limit },
                "anthropic" => _ => new MessageCreateParams { MaxTokens = limit, Messages = [], Model = "claude-haiku-4-5" },
                "chat" => _ => new ChatCompletionOptions { MaxOutputTokenCount = limit },
                "chat patch" => _ => Patched("$.max_tokens", limit),
                "ollama" => _ => new ChatRequest { Options = new() { NumPredict = limit } },
                _ => null,
            },
        };
        if (kind == "ollama num_predict")
        {
            options.AdditionalProperties = new() { ["num_predict"] = limit };
        }

        return (client, wire, options);
    }
}
#pragma warning restore OPENAI001, SCME0001
