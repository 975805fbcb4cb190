using MeaiBudget.Testing;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using OpenAI.Responses;

namespace MeaiBudget.Tests;

/// <summary>Answers that OpenAI makes in the background: one response has one bill, whoever fetches it and however often.</summary>
public sealed class BackgroundAnswerTests : IAsyncLifetime
{
    // 1,000 tokens in and 5,000 out of gpt-4.1-mini.
    private const decimal Price = 0.0084m;
    private const decimal Reserved = 8_000 * 0.0000016m;

    private static readonly SimulatedResponse Answer = SimulatedResponse.Text("one two three four five six").WithUsage(1_000, 5_000);

    private readonly WatchedClock _clock = new();
    private ProviderSimulator _simulator = null!;

    public static TheoryData<bool> Both => StreamModes.Both;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _simulator = await ProviderSimulator.StartAsync();

    public ValueTask DisposeAsync() => _simulator.DisposeAsync();

    [Theory, MemberData(nameof(Both))]
    public async Task M2_AnAnswerIsChargedOnceWhenItIsComplete(bool streaming)
    {
        _simulator.OpenAI.Enqueue(Answer.InProgressFor(2));
        CostTracker tracker = Tracker();
        using IChatClient client = Build(tracker);
        using ReceiptCapture capture = CallReceipts.Capture();

        ChatOptions options = await StartAsync(client);
        BudgetStatus started = await StatusAsync(tracker);
        for (int i = 0; i < 2; i++)
        {
            ChatResponse waiting = await client.GetResponseAsync([], options, Token);
            Assert.NotNull(waiting.ContinuationToken);
        }

        BudgetStatus polled = await StatusAsync(tracker);
        ChatResponse answer = await client.AskAsync(streaming, messages: [], options);
        BudgetStatus fetched = await StatusAsync(tracker);
        await client.AskAsync(streaming, messages: [], options);
        await client.GetResponseAsync([], options, Token);

        Assert.Equal("one two three four five six", answer.Text);
        Assert.Equal((0m, true), (started.Spent, started.Held >= Reserved));
        Assert.Equal((0m, started.Held), (polled.Spent, polled.Held));
        Assert.Equal((Price, 0m), (fetched.Spent, fetched.Held));
        Assert.Equal((Price, 0m), await TotalAsync(tracker));
        Assert.Equal(Price, capture.Receipts.Sum(receipt => receipt.Cost));
        Assert.Single(_simulator.OpenAI.ChatRequests);
        Assert.Equal(1_000, _simulator.TotalBilled().InputTokens);
    }

    [Theory, MemberData(nameof(Both))]
    public async Task M2_PollsRenewTheLeaseOfTheStart(bool streaming)
    {
        _simulator.OpenAI.Enqueue(Answer.InProgressFor(4));
        CostTracker tracker = Tracker();
        using IChatClient client = Build(tracker);

        ChatOptions options = await StartAsync(client);
        for (int i = 0; i < 4; i++)
        {
            _clock.Advance(TimeSpan.FromSeconds(90));
            await client.GetResponseAsync([], options, Token);
            Assert.Equal(0m, (await StatusAsync(tracker)).Spent);
        }

        await client.AskAsync(streaming, messages: [], options);

        Assert.Equal((Price, 0m), await TotalAsync(tracker));
    }

    [Theory, MemberData(nameof(Both))]
    public async Task M2_AnAnswerThatNobodyFetchesIsChargedInFullUntilALaterPollCorrectsIt(bool streaming)
    {
        _simulator.OpenAI.Enqueue(Answer.InProgressFor(0));
        CostTracker tracker = Tracker();
        using IChatClient client = Build(tracker);

        ChatOptions options = await StartAsync(client);
        _clock.Advance(TimeSpan.FromMinutes(3));
        BudgetStatus lost = await StatusAsync(tracker);
        await client.AskAsync(streaming, messages: [], options);

        Assert.True(lost.Spent >= Reserved && lost.Held == 0, $"{lost.Spent} was charged.");
        Assert.Equal((Price, 0m), await TotalAsync(tracker));
    }

    [Fact]
    public async Task M2_ACancelledAnswerIsChargedOnceAndUnconfirmed()
    {
        _simulator.OpenAI.Enqueue(Answer.InProgressFor(10));
        CostTracker tracker = Tracker();
        using IChatClient client = Build(tracker);

        ChatOptions options = await StartAsync(client);
#pragma warning disable OPENAI001 // Cancelling is only in the SDK.
        await client.GetRequiredService<ResponsesClient>().CancelResponseAsync(_simulator.OpenAI.ChatRequests.Single() is var start ? $"resp_sim{start.Number:D6}" : "", Token);
#pragma warning restore OPENAI001
        await client.GetResponseAsync([], options, Token);
        BudgetStatus first = await StatusAsync(tracker);
        await client.GetResponseAsync([], options, Token);

        Assert.True(first.Spent > 0 && first.Unconfirmed == first.Spent, $"{first.Spent} was charged, {first.Unconfirmed} of it unconfirmed.");
        Assert.Equal((first.Spent, 0m), await TotalAsync(tracker));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task M2_AFailedAnswerIsChargedByItsUsage(bool reportsUsage)
    {
        SimulatedResponse failed = Answer.InProgressFor(0).ErrorAfter(2);
        _simulator.OpenAI.Enqueue(reportsUsage ? failed : failed.WithoutUsage());
        CostTracker tracker = Tracker();
        using IChatClient client = Build(tracker);

        ChatOptions options = await StartAsync(client);
        await Assert.ThrowsAnyAsync<Exception>(() => client.GetResponseAsync([], options, Token));
        await Assert.ThrowsAnyAsync<Exception>(() => client.GetResponseAsync([], options, Token));

        Assert.Equal((reportsUsage ? Price : 0m, 0m), await TotalAsync(tracker));
    }

    [Fact]
    public async Task M2_AFailedAnswerWithoutUsageGivesBackWhatItsEndedLeaseWasCharged()
    {
        _simulator.OpenAI.Enqueue(Answer.InProgressFor(0).ErrorAfter(2).WithoutUsage());
        CostTracker tracker = Tracker();
        using IChatClient client = Build(tracker);

        ChatOptions options = await StartAsync(client);
        _clock.Advance(TimeSpan.FromMinutes(3));
        await Assert.ThrowsAnyAsync<Exception>(() => client.GetResponseAsync([], options, Token));

        Assert.Equal((0m, 0m), await TotalAsync(tracker));
    }

    [Theory]
    [InlineData("drops")]
    [InlineData("is left")]
    public async Task M2_AStreamThatEndsEarlyIsResumedAndChargedOnce(string end)
    {
        _simulator.OpenAI.Enqueue(end == "drops" ? Answer.DropAfter(3) : Answer.StallAfter(3));
        CostTracker tracker = Tracker();
        using IChatClient client = Build(tracker);
        using ReceiptCapture capture = CallReceipts.Capture();
        var options = new ChatOptions { AllowBackgroundResponses = true, MaxOutputTokens = 8_000 };

        string text = "";
        try
        {
            await foreach (ChatResponseUpdate update in client.GetStreamingResponseAsync("Write.", options, Token))
            {
                text += update.Text;
                options.ContinuationToken = update.ContinuationToken;
                if (end == "is left" && text.EndsWith("three", StringComparison.Ordinal))
                {
                    break;
                }
            }
        }
        catch (ChatStreamInterruptedException)
        {
            Assert.Equal("drops", end);
        }

        BudgetStatus left = await StatusAsync(tracker);
        await foreach (ChatResponseUpdate update in client.GetStreamingResponseAsync([], options, Token))
        {
            text += update.Text;
        }

        await client.GetResponseAsync([], options, Token);

        Assert.Equal("one two three four five six", text);
        Assert.True(left.Spent + left.Held >= Price, $"Only {left.Spent + left.Held} was spent or held.");
        Assert.Equal((Price, 0m), await TotalAsync(tracker));
        Assert.Equal(Price, capture.Receipts.Sum(receipt => receipt.Cost));
        Assert.Single(_simulator.OpenAI.ChatRequests);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public async Task M2_AnotherProcessResumesAStreamAfterAnyOfItsUpdates(int updates)
    {
        _simulator.OpenAI.Enqueue(Answer.StallAfter(5));
        CostTracker tracker = Tracker();
        using IChatClient client = Build(tracker);
        using IChatClient other = new ChatClientBuilder(OpenAi(_simulator.OpenAIBaseUrl)).UseBudget(tracker).Build(
            new ServiceCollection().AddSingleton<TimeProvider>(new WatchedClock()).BuildServiceProvider());
        using ReceiptCapture capture = CallReceipts.Capture();
        var options = new ChatOptions { AllowBackgroundResponses = true, MaxOutputTokens = 8_000 };
        int seen = 0;
        string text = "";

        await foreach (ChatResponseUpdate update in client.GetStreamingResponseAsync("Write.", options, Token))
        {
            text += update.Text;
            options.ContinuationToken = update.ContinuationToken;
            if (update.Text.Length > 0 && ++seen == updates)
            {
                break;
            }
        }

        await foreach (ChatResponseUpdate update in other.GetStreamingResponseAsync([], options, Token))
        {
            text += update.Text;
        }

        // What the first process was told is resumed once more, by itself.
        await client.AskAsync(true, messages: [], options);

        Assert.Equal("one two three four five six", text);
        Assert.Equal((Price, 0m), await TotalAsync(tracker));
        Assert.Equal(Price, capture.Receipts.Sum(receipt => receipt.Cost));
        Assert.Single(_simulator.OpenAI.ChatRequests);
    }

    [Theory]
    [InlineData(404)]
    [InlineData(500)]
    [InlineData(429)]
    public async Task M2_AFailedPollTriesAgainWithUseRetryAndChargesNothing(int status)
    {
        _simulator.OpenAI.Enqueue(Answer.InProgressFor(0));
        CostTracker tracker = Tracker();
        var failing = new FailingPolls(status);
        using IChatClient client = new ChatClientBuilder(OpenAIChatClientFactory.Create(new OpenAIChatClientOptions
        {
            ApiKey = "sk-any",
            BaseUrl = _simulator.OpenAIBaseUrl.ToString(),
            ModelId = "gpt-4.1-mini",
            UseResponsesApi = true,
            HttpMessageHandler = failing,
        })).UseBudget(tracker).UseRetry(new RetryOptions { MaxRetries = 2, BaseDelay = TimeSpan.Zero }).Build();
        ChatOptions options = await StartAsync(client);
        failing.Left = 1;

        if (status == 404)
        {
            await Assert.ThrowsAnyAsync<Exception>(() => client.GetResponseAsync([], options, Token));
            Assert.True((await StatusAsync(tracker)).Held >= Reserved);
        }

        ChatResponse answer = await client.GetResponseAsync([], options, Token);

        Assert.Equal("one two three four five six", answer.Text);
        Assert.Equal((Price, 0m), await TotalAsync(tracker));
        Assert.Single(_simulator.OpenAI.ChatRequests);
    }

    [Fact]
    public async Task M2_AStreamThatComesToItsEndIsChargedOnceHoweverOftenItIsFetched()
    {
        _simulator.OpenAI.Enqueue(Answer);
        CostTracker tracker = Tracker();
        using IChatClient client = Build(tracker);
        var options = new ChatOptions { AllowBackgroundResponses = true, MaxOutputTokens = 8_000 };
        ResponseContinuationToken? first = null;

        await foreach (ChatResponseUpdate update in client.GetStreamingResponseAsync("Write.", options, Token))
        {
            first ??= update.ContinuationToken;
        }

        options.ContinuationToken = first;
        await client.AskAsync(true, messages: [], options);
        await client.AskAsync(false, messages: [], options);

        Assert.Equal((Price, 0m), await TotalAsync(tracker));
    }

    [Theory, MemberData(nameof(Both))]
    public async Task M2_APollIsNoPurchaseAndPassesASpentBudget(bool streaming)
    {
        _simulator.OpenAI.Enqueue(Answer.InProgressFor(0));
        CostTracker tracker = Tracker();
        using IChatClient client = Build(tracker);

        ChatOptions options = await StartAsync(client);
        await tracker.SpendAsync("gpt-4.1-mini", 3_000_000, 0, cancellationToken: Token);
        ChatResponse answer = await client.AskAsync(streaming, messages: [], options);

        Assert.Equal("one two three four five six", answer.Text);
        await Assert.ThrowsAsync<BudgetExceededException>(() => client.AskAsync(streaming));
    }

    [Fact]
    public async Task M2_APollThatFailsLeavesTheBillOpen()
    {
        _simulator.OpenAI.Enqueue(Answer.InProgressFor(0));
        CostTracker tracker = Tracker();
        using IChatClient client = Build(tracker);
        ChatOptions options = await StartAsync(client);
        using IChatClient elsewhere = new ChatClientBuilder(OpenAi(_simulator.ConnectionRefusedUrl)).UseBudget(tracker).Build(Services());

        await Assert.ThrowsAnyAsync<Exception>(() => elsewhere.GetResponseAsync([], options, Token));
        BudgetStatus status = await StatusAsync(tracker);
        await client.GetResponseAsync([], options, Token);

        Assert.Equal((0m, true), (status.Spent, status.Held >= Reserved));
        Assert.Equal((Price, 0m), await TotalAsync(tracker));
    }

    [Theory]
    [InlineData(SimulatedProvider.OpenAI, false)]
    [InlineData(SimulatedProvider.OpenAI, true)]
    [InlineData(SimulatedProvider.Anthropic, false)]
    [InlineData(SimulatedProvider.Anthropic, true)]
    [InlineData(SimulatedProvider.LiteLLM, false)]
    [InlineData(SimulatedProvider.LiteLLM, true)]
    public async Task M2_AClientThatIgnoresTheTokenBuysNothingByAPoll(SimulatedProvider provider, bool streaming)
    {
        _simulator.OpenAI.Enqueue(Answer.InProgressFor(0));
        CostTracker tracker = Tracker();
        using IChatClient client = Build(tracker);
        using IChatClient chat = new ChatClientBuilder(RealClients.Create(_simulator, provider, "gpt-4.1-mini")).UseBudget(tracker).Build(Services());
        ChatOptions options = await StartAsync(client);
        int sent = _simulator.Requests.Count;

        // An SDK refuses a request without messages, or the budget refuses what is not the request of a poll.
        await Assert.ThrowsAnyAsync<Exception>(() => chat.AskAsync(streaming, messages: [], options));

        // With messages it is a request like any other, of which the history is not known.
        await Assert.ThrowsAsync<BudgetExceededException>(() => chat.AskAsync(streaming, options: options));
        Assert.Equal(sent, _simulator.Requests.Count);
    }

    [Theory, MemberData(nameof(Both))]
    public async Task M2_APollGoesToTheRouteThatMakesTheAnswer(bool streaming)
    {
        _simulator.OpenAI.ForModel("gpt-4.1").Enqueue(SimulatedResponse.Error(500));
        _simulator.OpenAI.ForModel("gpt-4.1-mini").Enqueue(Answer.InProgressFor(0));
        CostTracker tracker = Tracker();
        using IChatClient client = new ChatClientBuilder(OpenAi(_simulator.ConnectionRefusedUrl))
            .UseBudget(tracker).UseFallback([new ChatRoute("mini", OpenAi(_simulator.OpenAIBaseUrl))]).Build(Services());

        ChatOptions options = await StartAsync(client);
        ChatResponse answer = await client.AskAsync(streaming, messages: [], options);

        Assert.Equal("one two three four five six", answer.Text);
        Assert.Equal((Price, 0m), await TotalAsync(tracker));
    }

    [Fact]
    public async Task M2_AnAnswerStartedInARunIsChargedToTheRun()
    {
        _simulator.OpenAI.Enqueue(Answer.InProgressFor(0));
        CostTracker tracker = Tracker();
        using IChatClient client = Build(tracker);

        using var run = BudgetRun.Begin("task", 0.05m, tracker);
        ChatOptions options = await StartAsync(client);
        await client.GetResponseAsync([], options, Token);

        Assert.Equal(Price, run.Spent);
        Assert.Equal((Price, 0m), await TotalAsync(tracker));
    }

    private static async Task<ChatOptions> StartAsync(IChatClient client)
    {
        var options = new ChatOptions { AllowBackgroundResponses = true, MaxOutputTokens = 8_000 };
        ChatResponse started = await client.GetResponseAsync("Write a long answer.", options, Token);
        Assert.NotNull(started.ContinuationToken);
        options.ContinuationToken = started.ContinuationToken;
        return options;
    }

    private static async Task<BudgetStatus> StatusAsync(CostTracker tracker) => (await tracker.GetStatusAsync(cancellationToken: Token)).Single();

    private static async Task<(decimal Spent, decimal Held)> TotalAsync(CostTracker tracker)
    {
        BudgetStatus status = await StatusAsync(tracker);
        return (status.Spent, status.Held);
    }

    private static IChatClient OpenAi(Uri url) => OpenAIChatClientFactory.Create(new OpenAIChatClientOptions
    {
        ApiKey = "sk-any",
        BaseUrl = url.ToString(),
        ModelId = "gpt-4.1-mini",
        UseResponsesApi = true,
    });

    private CostTracker Tracker() => new([Budget.Daily("day", 1m)], PriceCatalog.Default, new InMemorySpendLedger(_clock));

    private IChatClient Build(CostTracker tracker) => new ChatClientBuilder(OpenAi(_simulator.OpenAIBaseUrl)).UseBudget(tracker).Build(Services());

    private sealed class FailingPolls(int status) : DelegatingHandler(new SocketsHttpHandler())
    {
        public int Left { get; set; }

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            Left-- > 0
                ? Task.FromResult(new HttpResponseMessage((System.Net.HttpStatusCode)status) { Content = new StringContent("""{"error":{"message":"no","type":"x","code":null}}""") })
                : base.SendAsync(request, cancellationToken);
    }

    private ServiceProvider Services() => new ServiceCollection().AddSingleton<TimeProvider>(_clock).BuildServiceProvider();
}
