using System.Net;
using MeaiBudget.Testing;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;
using Microsoft.Extensions.Time.Testing;

namespace MeaiBudget.Tests;

/// <summary>Circuit and timeout of a pipeline with a budget alone, retry budgets of routes, reasons for no retry, and runs that begin too late.</summary>
public sealed class LoneBudgetTests
{
    private readonly FakeTimeProvider _clock = new();

    [Fact]
    public async Task M6_ACircuitCanBeTurnedOffWithTheBudget()
    {
        var provider = new ScriptedChatClient("gpt-4.1-mini", "openai") { Default = ScriptedReply.Text("yes").WithUsage(10, 2) };
        provider.Enqueue(Failing(HttpStatusCode.PaymentRequired));
        using IChatClient client = new ChatClientBuilder(provider)
            .UseBudget(new CostTracker(Budget.Daily("day", 5m)), options => options.Circuit = new CircuitOptions { IsEnabled = false }).Build();
        await Assert.ThrowsAsync<HttpRequestException>(() => client.GetResponseAsync("x"));
        Assert.Equal("yes", (await client.GetResponseAsync("x", cancellationToken: TestContext.Current.CancellationToken)).Text);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task M6_TheCircuitOpensAsTheBudgetSays(int failures)
    {
        var provider = new ScriptedChatClient("gpt-4.1-mini", "openai") { Default = Failing(HttpStatusCode.InternalServerError) };
        using IChatClient client = new ChatClientBuilder(provider)
            .UseBudget(new CostTracker(Budget.Daily("day", 5m)), options => options.Circuit = new CircuitOptions { ConsecutiveFailures = failures }).Build();
        for (int i = 0; i < failures; i++)
        {
            await Assert.ThrowsAsync<HttpRequestException>(() => client.GetResponseAsync("x"));
        }

        await Assert.ThrowsAsync<CircuitOpenException>(() => client.GetResponseAsync("x"));
        Assert.Equal(failures, provider.Calls.Count);
    }

    [Fact]
    public async Task M6_TheTimeoutOfAnAttemptIsTheBudgetsUnlessThereAreRetries()
    {
        var provider = new ScriptedChatClient("gpt-4.1-mini", "openai") { Default = ScriptedReply.Text("late").NeverAnswers() };
        using IChatClient client = new ChatClientBuilder(provider)
            .UseBudget(new CostTracker(Budget.Daily("day", 5m)), options => options.AttemptTimeout = TimeSpan.FromSeconds(5)).Build(Services());
        Task<ChatResponse> call = client.GetResponseAsync("x", cancellationToken: TestContext.Current.CancellationToken);
        Assert.False(call.IsCompleted);
        _clock.Advance(TimeSpan.FromSeconds(6));
        await Assert.ThrowsAnyAsync<Exception>(() => call);
        Assert.Throws<ArgumentOutOfRangeException>(() => new ChatClientBuilder(provider).UseBudget(configure: options => options.AttemptTimeout = TimeSpan.Zero).Build());
    }

    [Fact]
    public async Task M7_AnOutageOfOneRouteTakesNoRetriesFromAnother()
    {
        var retries = new RetryBudget(0, minimum: 2, timeProvider: _clock);
        IChatClient Client(ScriptedChatClient provider) => new ChatClientBuilder(provider)
            .UseBudget(new CostTracker(Budget.Daily("day", 5m)), options => options.Circuit = new CircuitOptions { IsEnabled = false })
            .UseRetry(new RetryOptions { MaxRetries = 1, BaseDelay = TimeSpan.Zero, MaxDelay = TimeSpan.Zero, RetryBudget = retries }).Build();

        var down = new ScriptedChatClient("gpt-4.1-mini", "openai") { Default = Failing(HttpStatusCode.ServiceUnavailable) };
        using IChatClient first = Client(down);
        using ReceiptCapture receipts = CallReceipts.Capture();
        for (int i = 0; i < 3; i++)
        {
            await Assert.ThrowsAnyAsync<Exception>(() => first.GetResponseAsync("x"));
        }

        var up = new ScriptedChatClient("claude-haiku-4-5", "anthropic") { Default = ScriptedReply.Text("yes").WithUsage(10, 2) };
        up.Enqueue(Failing(HttpStatusCode.ServiceUnavailable));
        using IChatClient second = Client(up);
        Assert.Equal("yes", (await second.GetResponseAsync("x", cancellationToken: TestContext.Current.CancellationToken)).Text);

        AttemptReceipt last = receipts.Receipts[2].Attempts[^1];
        Assert.Contains("retry budget", last.NoRetryReason, StringComparison.Ordinal);
        Assert.Contains("not retried: the route's retry budget is used up", receipts.Receipts[2].Explain(), StringComparison.Ordinal);
        Assert.Contains("MaxRetries (1) is reached", receipts.Receipts[0].Attempts[^1].NoRetryReason, StringComparison.Ordinal);
        Assert.All(receipts.Receipts[3].Attempts, attempt => Assert.Null(attempt.NoRetryReason));
    }

    [Fact]
    public async Task M7_TheReceiptSaysWhyAFailureThatARetryCouldMendIsNotRetried()
    {
        Assert.Contains("RetryAmbiguous is false", await ReasonAsync(new TimeoutException(), new RetryOptions()), StringComparison.Ordinal);
        Assert.Contains("total timeout", await ReasonAsync(
            new HttpRequestException("no", null, HttpStatusCode.ServiceUnavailable),
            new RetryOptions { BaseDelay = TimeSpan.FromSeconds(5), MaxDelay = TimeSpan.FromSeconds(5), TotalTimeout = TimeSpan.FromSeconds(1) }), StringComparison.Ordinal);
        Assert.Null(await ReasonAsync(new HttpRequestException("no", null, HttpStatusCode.BadRequest), new RetryOptions()));

        async Task<string?> ReasonAsync(Exception failure, RetryOptions options)
        {
            using IChatClient client = new ChatClientBuilder(new ScriptedChatClient("gpt-4.1-mini", "openai") { Default = ScriptedReply.Throw(failure) })
                .UseBudget(new CostTracker(Budget.Daily("day", 5m))).UseRetry(options).Build();
            Exception thrown = await Assert.ThrowsAnyAsync<Exception>(() => client.GetResponseAsync("x"));
            Assert.True(thrown.TryGetReceipt(out CallReceipt? receipt));
            return Assert.Single(receipt.Attempts).NoRetryReason;
        }
    }

    [Fact]
    public async Task M9_ARunThatBeginsAfterTheWorkIsNoticed()
    {
        var logs = new FakeLogCollector();
        using IChatClient client = new ChatClientBuilder(new ScriptedChatClient("gpt-4.1-mini", "openai") { Default = ScriptedReply.Text("yes").WithUsage(10, 2) })
            .UseBudget(new CostTracker(Budget.Daily("day", 5m))).Build(Services(logs));
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Task work = WorkAsync();
        using (var late = BudgetRun.Begin("late", 1m))
        {
            begun.SetResult();
            await work;
            Assert.Equal(0m, late.Spent);
        }

        using (BudgetRun.Begin("in time", 1m))
        {
            await client.GetResponseAsync("x", cancellationToken: TestContext.Current.CancellationToken);
        }

        string warning = Assert.Single(logs.GetSnapshot(), entry => entry.Id.Name == "BudgetRunSawNoCall" && entry.Level == LogLevel.Warning).Message;
        Assert.Contains("'late'", warning, StringComparison.Ordinal);
        Assert.Contains("WithBudgetRun", warning, StringComparison.Ordinal);

        async Task WorkAsync()
        {
            await begun.Task;
            await client.GetResponseAsync("x");
        }
    }

    [Theory]
    [InlineData("HTTP 429 (rate_limit_error: rate_limit_exceeded)\n\nRate limit reached", ChatFailureKind.RateLimited)]
    [InlineData("HTTP 429 (insufficient_quota: insufficient_quota)\n\nYou exceeded your current quota", ChatFailureKind.QuotaExhausted)]
    [InlineData("Service request failed.\nStatus: 503 (Service Unavailable)\n", ChatFailureKind.Overloaded)]
    [InlineData("HTTP 400 (invalid_request_error: )\n\nbad", ChatFailureKind.InvalidRequest)]
    public async Task L18_TheStatusOfAnSdkExceptionIsReadWithoutItsPackage(string message, ChatFailureKind kind)
    {
        var tracker = new CostTracker(Budget.Daily("day", 5m));
        using IChatClient client = new ChatClientBuilder(new ScriptedChatClient("gpt-4.1-mini", "openai") { Default = ScriptedReply.Throw(new System.ClientModel.ClientResultException(message)) })
            .UseBudget(tracker).Build();
        Exception thrown = await Assert.ThrowsAnyAsync<Exception>(() => client.GetResponseAsync("x", new ChatOptions { MaxOutputTokens = 1000 }));
        Assert.True(thrown.TryGetReceipt(out CallReceipt? receipt));
        Assert.Equal((kind, ChatFailurePhase.Rejected), (receipt.Attempts[0].Failure!.Kind, receipt.Attempts[0].Failure!.Phase));
        Assert.Equal(0m, (await tracker.GetStatusAsync("day", cancellationToken: TestContext.Current.CancellationToken)).Spent);
    }

    [Theory]
    [InlineData("OpenAIChatCompletionService", "gpt-4.1-mini")]
    [InlineData("AzureOpenAIChatCompletionService", "gpt-4.1-mini")]
    [InlineData("GoogleAIGeminiChatCompletionService", "gemini-2.5-flash")]
    public void L18_TheServicesOfSemanticKernelHaveThePricesOfTheirProviders(string service, string modelId)
    {
        PriceResolution price = PriceCatalog.Default.Resolve(modelId, service);
        Assert.True(price.Match is not (PriceMatch.Unknown or PriceMatch.Inferred), price.Match.ToString());
        Assert.Null(price.AdviceFor(modelId));
    }

    private static ScriptedReply Failing(HttpStatusCode status) => ScriptedReply.Throw(new HttpRequestException("no", null, status));

    private ServiceProvider Services(FakeLogCollector? logs = null) => new ServiceCollection().AddSingleton<TimeProvider>(_clock)
        .AddLogging(logging =>
        {
            if (logs is not null)
            {
                logging.AddProvider(new FakeLoggerProvider(logs));
            }
        }).BuildServiceProvider();
}
