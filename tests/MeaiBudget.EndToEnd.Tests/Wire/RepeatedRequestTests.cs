using System.ClientModel;
using System.ClientModel.Primitives;
using System.Text;
using Microsoft.Extensions.AI;
using OpenAI;
using OpenAI.Chat;

namespace MeaiBudget.Tests;

/// <summary>Handlers and SDKs that send again, in parallel or something else: each request is reserved for before it leaves, and nothing stays held.</summary>
public sealed class RepeatedRequestTests
{
    private const decimal One = (20 * 0.0000004m) + (10 * 0.0000016m);

    public static TheoryData<bool> Both => StreamModes.Both;

    [Theory, MemberData(nameof(Both))]
    public async Task K7_BothOfTwoParallelRequestsThatAreAnsweredAreCharged(bool streaming)
    {
        var wire = new CannedHandler(_ => WireAnswerTexts.Chat(streaming));
        var tracker = new CostTracker(Budget.Daily("day", 1m));
        using IChatClient client = new ChatClientBuilder(OpenAi(new Hedging(wire))).UseBudget(tracker).Build();
        using ReceiptCapture capture = CallReceipts.Capture();

        ChatResponse answer = await client.AskAsync(streaming, options: new() { MaxOutputTokens = 100 });

        Assert.Equal("Hello.", answer.Text);
        AttemptReceipt attempt = capture.Receipts.Single().Attempts.Single();
        BudgetStatus status = (await tracker.GetStatusAsync(cancellationToken: Token)).Single();
        Assert.Equal((2, 2), (wire.Requests.Count, attempt.RequestCount));
        Assert.True(attempt.Cost.Amount > One, $"{attempt.Cost.Amount} was charged for two answers.");
        Assert.True(attempt.Cost.Amount <= attempt.Reserved);
        Assert.Equal((attempt.Cost.Amount, 0m, 0m), (status.Spent, status.Held, status.Overrun));
    }

    [Theory, MemberData(nameof(Both))]
    public async Task K7_OfParallelRequestsOnlyThoseThatTheBudgetCanPayAreSent(bool streaming)
    {
        var wire = new CannedHandler(_ => WireAnswerTexts.Chat(streaming));
        var tracker = new CostTracker(Budget.Daily("day", 0.0002m));
        using IChatClient client = new ChatClientBuilder(OpenAi(new Hedging(wire))).UseBudget(tracker).Build();

        ChatResponse answer = await client.AskAsync(streaming, options: new() { MaxOutputTokens = 100 });

        Assert.Equal("Hello.", answer.Text);
        Assert.Single(wire.Requests);
        BudgetStatus status = (await tracker.GetStatusAsync(cancellationToken: Token)).Single();
        Assert.Equal((One, 0m), (status.Spent, status.Held));
    }

    /// <summary>A request that is still on its way when the answer is settled is charged as unconfirmed; one that comes later is not sent.</summary>
    [Theory, MemberData(nameof(Both))]
    public async Task K7_ARequestThatIsSentWhileTheAttemptEndsLeavesNothingHeld(bool streaming)
    {
        for (int i = 0; i < 20; i++)
        {
            var wire = new CannedHandler(_ => WireAnswerTexts.Chat(streaming));
            var tracker = new CostTracker([Budget.Daily("day", 1m)], PriceCatalog.Default, new CountingLedger(new InMemorySpendLedger()) { Delay = TimeSpan.FromMilliseconds(i % 5) });
            var late = new Late(wire, TimeSpan.FromMilliseconds(i % 7));
            using IChatClient client = new ChatClientBuilder(OpenAi(late)).UseBudget(tracker).Build();

            await client.AskAsync(streaming, options: new() { MaxOutputTokens = 100 });
            await late.Second;

            BudgetStatus status = (await tracker.GetStatusAsync(cancellationToken: Token)).Single();
            Assert.Equal((0m, 0m), (status.Held, status.Overrun));
            Assert.True(wire.Requests.Count == 1 ? status.Spent == One : status.Spent > One, $"{status.Spent} was charged for {wire.Requests.Count} requests.");
        }
    }

    [Theory, MemberData(nameof(Both))]
    public async Task K1_AHandlerThatRaisesTheMaximumIsReservedForOrRefused(bool streaming)
    {
        var wire = new CannedHandler(_ => WireAnswerTexts.Chat(streaming));
        IChatClient inner = OpenAi(new Rewriting(wire, body => body.Replace(":100", ":10000", StringComparison.Ordinal)));
        var poor = new CostTracker(Budget.Daily("day", 0.001m));
        using IChatClient refusing = new ChatClientBuilder(inner).UseBudget(poor).Build();

        await Assert.ThrowsAsync<BudgetExceededException>(() => refusing.AskAsync(streaming, options: new() { MaxOutputTokens = 100 }));

        Assert.Empty(wire.Requests);
        BudgetStatus untouched = (await poor.GetStatusAsync(cancellationToken: Token)).Single();
        Assert.Equal((0m, 0m), (untouched.Spent, untouched.Held));

        var rich = new CostTracker(Budget.Daily("day", 1m));
        using IChatClient admitting = new ChatClientBuilder(inner).UseBudget(rich).Build();
        using ReceiptCapture capture = CallReceipts.Capture();
        await admitting.AskAsync(streaming, options: new() { MaxOutputTokens = 100 });

        AttemptReceipt attempt = capture.Receipts.Single().Attempts.Single();
        Assert.True(attempt.Reserved >= 10_000 * 0.0000016m, $"{attempt.Reserved} was reserved.");
        BudgetStatus status = (await rich.GetStatusAsync(cancellationToken: Token)).Single();
        Assert.Equal((One, 0m, 0m), (status.Spent, status.Held, status.Overrun));
    }

    [Theory, MemberData(nameof(Both))]
    public async Task K3_AHandlerThatAsksAnotherModelIsReservedForOrRefused(bool streaming)
    {
        var wire = new CannedHandler(_ => WireAnswerTexts.Chat(streaming, model: "gpt-4.1", input: 8, output: 100));
        IChatClient inner = OpenAi(new Rewriting(wire, body => body.Replace("gpt-4.1-mini", "gpt-4.1", StringComparison.Ordinal)));
        var poor = new CostTracker(Budget.Daily("day", 0.0005m));
        using IChatClient refusing = new ChatClientBuilder(inner).UseBudget(poor).Build();

        await Assert.ThrowsAsync<BudgetExceededException>(() => refusing.AskAsync(streaming, options: new() { MaxOutputTokens = 100 }));

        Assert.Empty(wire.Requests);

        var rich = new CostTracker(Budget.Daily("day", 1m));
        using IChatClient admitting = new ChatClientBuilder(inner).UseBudget(rich).Build();
        await admitting.AskAsync(streaming, options: new() { MaxOutputTokens = 100 });

        BudgetStatus status = (await rich.GetStatusAsync(cancellationToken: Token)).Single();
        Assert.Equal(((8 * 0.000002m) + (100 * 0.000008m), 0m, 0m), (status.Spent, status.Held, status.Overrun));
    }

    [Theory, MemberData(nameof(Both))]
    public async Task K9_AMaximumThatAHandlerRemovesIsReservedForAtTheModelsOwn(bool streaming)
    {
        var wire = new CannedHandler(_ => WireAnswerTexts.Chat(streaming));
        IChatClient inner = OpenAi(new Rewriting(wire, body => body.Replace("\"max_completion_tokens\":100", "\"seed\":1", StringComparison.Ordinal)));
        using IChatClient client = new ChatClientBuilder(inner).UseBudget(new CostTracker(Budget.Daily("day", 0.01m))).Build();

        await Assert.ThrowsAsync<BudgetExceededException>(() => client.AskAsync(streaming, options: new() { MaxOutputTokens = 100 }));

        Assert.Empty(wire.Requests);
    }

    [Theory, MemberData(nameof(Both))]
    public async Task K9_ALoweredMaximumIsSentBesideARawRequest(bool streaming)
    {
        var wire = new CannedHandler(_ => WireAnswerTexts.Chat(streaming));
        using IChatClient client = new ChatClientBuilder(OpenAi(wire)).UseBudget(new CostTracker(Budget.Daily("day", 0.01m))).Build();
        using ReceiptCapture capture = CallReceipts.Capture();

        await client.AskAsync(streaming, options: new() { RawRepresentationFactory = _ => new ChatCompletionOptions { EndUserId = "u" } });

        long reserved = capture.Receipts.Single().Attempts.Single().ReservedOutputTokens!.Value;
        Assert.InRange(reserved, 5_000, 6_250);
        Assert.Contains($"\"max_completion_tokens\":{reserved}", wire.Requests.Single().Body, StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(Both))]
    public async Task K5_ASmallMaximumInTheRawRequestIsEnough(bool streaming)
    {
        var wire = new CannedHandler(_ => WireAnswerTexts.Chat(streaming));
        using IChatClient client = new ChatClientBuilder(OpenAi(wire)).UseBudget(new CostTracker(Budget.Daily("day", 0.0002m))).Build();

        ChatResponse answer = await client.AskAsync(streaming, options: new() { RawRepresentationFactory = _ => new ChatCompletionOptions { MaxOutputTokenCount = 50 } });

        Assert.Equal("Hello.", answer.Text);
    }

    [Theory, MemberData(nameof(Both))]
    public async Task K5_ALargeMaximumInTheRawRequestIsSentWhereItCanBePaid(bool streaming)
    {
        var wire = new CannedHandler(_ => WireAnswerTexts.Anthropic(streaming));
        IChatClient inner = AnthropicChatClientFactory.Create(new() { ApiKey = "k", ModelId = "claude-haiku-4-5", HttpMessageHandler = wire });
        using IChatClient client = new ChatClientBuilder(inner).UseBudget(new CostTracker(Budget.Daily("day", 10m))).Build();

        await client.AskAsync(streaming, options: new()
        {
            RawRepresentationFactory = _ => new Anthropic.Models.Messages.MessageCreateParams { MaxTokens = 16_384, Messages = [], Model = "claude-haiku-4-5" },
        });

        Assert.Contains("\"max_tokens\":16384", wire.Requests.Single().Body, StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(Both))]
    public async Task K7_RetriesOfTheSdkAreReservedForAndCharged(bool streaming)
    {
        int sent = 0;
        var wire = new CannedHandler(_ => ++sent < 3
            ? CannedHandler.Response(500, """{"error":{"message":"internal","type":"server_error"}}""")
            : WireAnswerTexts.Chat(streaming));
        var tracker = new CostTracker(Budget.Daily("day", 1m));
        using IChatClient client = new ChatClientBuilder(Retrying(wire))
            .UseBudget(tracker, options => options.Unconfirmed = new UnconfirmedPolicy { ServerError = UnconfirmedCharge.Full })
            .Build();
        using ReceiptCapture capture = CallReceipts.Capture();

        await client.AskAsync(streaming, options: new() { MaxOutputTokens = 100 });

        AttemptReceipt attempt = capture.Receipts.Single().Attempts.Single();
        decimal full = (attempt.Estimate!.InputUpperBound * 0.0000004m) + (100 * 0.0000016m);
        BudgetStatus status = (await tracker.GetStatusAsync(cancellationToken: Token)).Single();
        Assert.Equal((3, (2 * full) + One), (attempt.RequestCount, attempt.Cost.Amount));
        Assert.Equal((attempt.Cost.Amount, 0m, 0m), (status.Spent, status.Held, status.Overrun));
    }

    [Theory, MemberData(nameof(Both))]
    public async Task K7_RetriesOfTheSdkThatTheBudgetCannotPayAreNotSent(bool streaming)
    {
        var wire = new CannedHandler(_ => CannedHandler.Response(500, """{"error":{"message":"internal","type":"server_error"}}"""));
        var tracker = new CostTracker(Budget.Daily("day", 0.0002m));
        using IChatClient client = new ChatClientBuilder(Retrying(wire))
            .UseBudget(tracker, options => options.Unconfirmed = new UnconfirmedPolicy { ServerError = UnconfirmedCharge.Full })
            .Build();

        await Assert.ThrowsAsync<BudgetExceededException>(() => client.AskAsync(streaming, options: new() { MaxOutputTokens = 100 }));

        Assert.Single(wire.Requests);
        Assert.Equal(0, (await tracker.GetStatusAsync(cancellationToken: Token)).Single().Held);
    }

    [Theory, MemberData(nameof(Both))]
    public async Task K7_AllBudgetsAndTheRunPayForEachRequest(bool streaming)
    {
        int sent = 0;
        var wire = new CannedHandler(_ => ++sent < 3
            ? CannedHandler.Response(500, """{"error":{"message":"internal","type":"server_error"}}""")
            : WireAnswerTexts.Chat(streaming));
        var outer = new CostTracker(Budget.Daily("outer", 1m) with { TokenLimit = 10_000, RequestLimit = 1 });
        var inner = new CostTracker(Budget.Daily("inner", 1m), Budget.Daily("watched", 0.000001m) with { Enforcement = Enforcement.Observe }, Budget.PerRun(1m));
        using IChatClient client = new ChatClientBuilder(OpenAi(new ResendingHandler(wire, 3)))
            .UseBudget(outer).UseBudget(inner, options => options.Unconfirmed = new UnconfirmedPolicy { ServerError = UnconfirmedCharge.Full })
            .Build();
        using ReceiptCapture capture = CallReceipts.Capture();
        using var run = BudgetRun.Begin("agent", 1m);

        await client.AskAsync(streaming, options: new() { MaxOutputTokens = 100 });

        AttemptReceipt attempt = capture.Receipts.Single().Attempts.Single();
        foreach (BudgetStatus status in (await outer.GetStatusAsync(cancellationToken: Token)).Concat(await inner.GetStatusAsync(cancellationToken: Token)))
        {
            Assert.Equal((status.Budget, attempt.Cost.Amount, 0m), (status.Budget, status.Spent, status.Held));
        }

        Assert.Equal(attempt.Cost.Amount, run.Spent);
    }

    [Theory, MemberData(nameof(Both))]
    public async Task K7_ATokenLimitRefusesARepeatedRequest(bool streaming)
    {
        var wire = new CannedHandler(_ => CannedHandler.Response(500, """{"error":{"message":"internal","type":"server_error"}}"""));
        var tracker = new CostTracker(Budget.Daily("day", 1m) with { TokenLimit = 250 });
        using IChatClient client = new ChatClientBuilder(OpenAi(new ResendingHandler(wire, 5)))
            .UseBudget(tracker, options => options.Unconfirmed = new UnconfirmedPolicy { ServerError = UnconfirmedCharge.Full })
            .Build();

        await Assert.ThrowsAsync<BudgetExceededException>(() => client.AskAsync(streaming, options: new() { MaxOutputTokens = 100 }));

        Assert.Equal(2, wire.Requests.Count);
        Assert.Equal(0, (await tracker.GetStatusAsync(cancellationToken: Token)).Single().Held);
    }

    [Theory, MemberData(nameof(Both))]
    public async Task K7_WithoutALedgerARepeatedRequestIsNotSent(bool streaming)
    {
        var ledger = new CountingLedger(new InMemorySpendLedger());
        int sent = 0;
        var wire = new CannedHandler(_ =>
        {
            ledger.FailsReservations = true;
            return ++sent == 1 ? CannedHandler.Response(500, """{"error":{"message":"internal","type":"server_error"}}""") : WireAnswerTexts.Chat(streaming);
        });
        var tracker = new CostTracker([Budget.Daily("day", 1m)], PriceCatalog.Default, ledger);
        using IChatClient client = new ChatClientBuilder(OpenAi(new ResendingHandler(wire, 5))).UseBudget(tracker).Build();

        await Assert.ThrowsAnyAsync<Exception>(() => client.AskAsync(streaming, options: new() { MaxOutputTokens = 100 }));

        Assert.Single(wire.Requests);
        ledger.FailsReservations = false;
        Assert.Equal(0, (await tracker.GetStatusAsync(cancellationToken: Token)).Single().Held);
    }

    [Theory, MemberData(nameof(Both))]
    public async Task K7_ACallerWhoLeavesWhileARepetitionIsReservedForLeavesNothingHeld(bool streaming)
    {
        using var caller = CancellationTokenSource.CreateLinkedTokenSource(Token);
        using ITimer later = TimeProvider.System.CreateTimer(_ => caller.Cancel(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        var ledger = new CountingLedger(new InMemorySpendLedger());
        var wire = new CannedHandler(_ =>
        {
            ledger.Delay = TimeSpan.FromMilliseconds(100);
            later.Change(TimeSpan.FromMilliseconds(20), Timeout.InfiniteTimeSpan);
            return CannedHandler.Response(500, """{"error":{"message":"internal","type":"server_error"}}""");
        });
        var tracker = new CostTracker([Budget.Daily("day", 1m)], PriceCatalog.Default, ledger);
        using IChatClient client = new ChatClientBuilder(OpenAi(new ResendingHandler(wire, 5))).UseBudget(tracker).Build();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => client.AskAsync(streaming, options: new() { MaxOutputTokens = 100 }, cancellationToken: caller.Token));
        await Task.Delay(TimeSpan.FromMilliseconds(300), TimeProvider.System, Token);

        Assert.Single(wire.Requests);
        Assert.Equal(0, (await tracker.GetStatusAsync(cancellationToken: Token)).Single().Held);
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static IChatClient OpenAi(HttpMessageHandler wire) =>
        OpenAIChatClientFactory.Create(new() { ApiKey = "k", ModelId = "gpt-4.1-mini", HttpMessageHandler = wire });

    /// <summary>A client of the application, whose SDK retries by itself.</summary>
    private static IChatClient Retrying(HttpMessageHandler wire) => new ChatClient(
        "gpt-4.1-mini",
        new ApiKeyCredential("k"),
        new OpenAIClientOptions
        {
            Transport = new HttpClientPipelineTransport(new HttpClient(new ChatWireHandler(wire))),
            RetryPolicy = new ClientRetryPolicy(3),
        }).AsIChatClient().WithOpenAIProvider();

    /// <summary>Sends the request twice at once and gives the first answer on.</summary>
    private sealed class Hedging(HttpMessageHandler inner) : DelegatingHandler(inner)
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            byte[] body = await request.Content!.ReadAsByteArrayAsync(cancellationToken);
            Task<HttpResponseMessage>[] both = [base.SendAsync(Copy(request, body), cancellationToken), base.SendAsync(Copy(request, body), cancellationToken)];
            await Task.WhenAll(both.Select(send => send.ContinueWith(_ => { }, TaskScheduler.Default)));
            Task<HttpResponseMessage> winner = both.FirstOrDefault(send => send.IsCompletedSuccessfully) ?? both[0];
            foreach (Task<HttpResponseMessage> loser in both.Where(send => send != winner && send.IsCompletedSuccessfully))
            {
                (await loser).Dispose();
            }

            return await winner;
        }
    }

    /// <summary>Sends a second request a little later and does not wait for it.</summary>
    private sealed class Late(HttpMessageHandler inner, TimeSpan delay) : DelegatingHandler(inner)
    {
        public Task Second { get; private set; } = Task.CompletedTask;

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            byte[] body = await request.Content!.ReadAsByteArrayAsync(cancellationToken);
            Second = SendLaterAsync(Copy(request, body));
            return await base.SendAsync(Copy(request, body), cancellationToken);
        }

        private async Task SendLaterAsync(HttpRequestMessage request)
        {
            await Task.Delay(delay, TimeProvider.System);
            try
            {
                (await base.SendAsync(request, CancellationToken.None)).Dispose();
            }
            catch (InvalidOperationException)
            {
                // The attempt ended.
            }
        }
    }

    private sealed class Rewriting(HttpMessageHandler inner, Func<string, string> rewrite) : DelegatingHandler(inner)
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            string body = rewrite(await request.Content!.ReadAsStringAsync(cancellationToken));
            return await base.SendAsync(Copy(request, Encoding.UTF8.GetBytes(body)), cancellationToken);
        }
    }

    private static HttpRequestMessage Copy(HttpRequestMessage request, byte[] body)
    {
        var copy = new HttpRequestMessage(request.Method, request.RequestUri) { Content = new ByteArrayContent(body) };
        copy.Content.Headers.ContentType = request.Content!.Headers.ContentType;
        foreach ((string name, IEnumerable<string> values) in request.Headers)
        {
            copy.Headers.TryAddWithoutValidation(name, values);
        }

        return copy;
    }
}
