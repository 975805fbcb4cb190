using System.Net;
using MeaiBudget.Testing;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Time.Testing;
using NSubstitute;

namespace MeaiBudget.Tests;

public sealed class RetryChatClientTests
{
    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 5, 5, 12, 0, 0, TimeSpan.Zero));

    public static TheoryData<bool> Modes => StreamModes.Both;

    private static HttpRequestException Failure(HttpStatusCode status = HttpStatusCode.TooManyRequests) => new("no", null, status);

    private static ScriptedReply Failing(TimeSpan retryAfter)
    {
        var exception = new HttpRequestException("no", null, HttpStatusCode.TooManyRequests);
        ChatFailures.Attach(exception, new ChatFailure(ChatFailureKind.RateLimited, ChatFailurePhase.Rejected) { RetryAfter = retryAfter });
        return ScriptedReply.Throw(exception);
    }

    private IChatClient Client(ScriptedChatClient primary, RetryOptions options, params IChatClient[] alternates)
    {
        options.RetryBudget ??= new RetryBudget(1, 1_000, timeProvider: _clock);
        return new ChatClientBuilder(primary)
            .Use(inner => new RetryChatClient(inner, options, new CallLayerSetup(_clock, [])))
            .UseFallback(alternates)
            .Build();
    }

    [Theory, MemberData(nameof(Modes))]
    public async Task F2_TheFirstRetryIsDelayedToo(bool streaming)
    {
        ScriptedChatClient provider = new ScriptedChatClient().Enqueue(Failure()).Enqueue(Failure()).Enqueue("At last.");
        using IChatClient client = Client(provider, new RetryOptions { Randomizer = () => 0.5 });
        using ReceiptCapture capture = CallReceipts.Capture();

        await _clock.RunAsync(client.AskAsync(streaming));

        // Decorrelated jitter around its middle: 0.5 + 0.5 (1.5 - 0.5), then 0.5 + 0.5 (3 - 0.5).
        Assert.Equal(
            [TimeSpan.Zero, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1.75)],
            Assert.Single(capture.Receipts).Attempts.Select(attempt => attempt.Waited));
    }

    [Theory, MemberData(nameof(Modes))]
    public async Task RetryAfterIsWaitedOut(bool streaming)
    {
        ScriptedChatClient provider = new ScriptedChatClient().Enqueue(Failing(TimeSpan.FromSeconds(7))).Enqueue("At last.");
        using IChatClient client = Client(provider, new RetryOptions());
        using ReceiptCapture capture = CallReceipts.Capture();

        await _clock.RunAsync(client.AskAsync(streaming));

        Assert.Equal(TimeSpan.FromSeconds(7), Assert.Single(capture.Receipts).Answer!.Waited);
    }

    [Theory, MemberData(nameof(Modes))]
    public async Task F3_AWaitThatIsTooLongMeansTheNextCandidateNow(bool streaming)
    {
        ScriptedChatClient provider = new ScriptedChatClient("a").Enqueue(Failing(TimeSpan.FromHours(24)));
        var alternate = new ScriptedChatClient("b");
        using IChatClient client = Client(provider, new RetryOptions(), alternate);

        await client.AskAsync(streaming);

        Assert.Equal((1, 1), (provider.Calls.Count, alternate.Calls.Count));
    }

    [Theory, MemberData(nameof(Modes))]
    public async Task F8_AnAmbiguousFailureIsRetriedOnlyIfAllowed(bool streaming)
    {
        var timeout = new TaskCanceledException("slow", new TimeoutException());
        ScriptedChatClient provider = new ScriptedChatClient().Enqueue(timeout).Enqueue("At last.");
        using IChatClient careful = Client(provider, new RetryOptions());

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => careful.AskAsync(streaming));
        Assert.Single(provider.Calls);

        ScriptedChatClient second = new ScriptedChatClient().Enqueue(new TaskCanceledException("slow", new TimeoutException())).Enqueue("At last.");
        using IChatClient bold = Client(second, new RetryOptions { RetryAmbiguous = true });
        Assert.Equal("At last.", (await _clock.RunAsync(bold.AskAsync(streaming))).Text);
    }

    [Fact]
    public async Task E8_EachAttemptOfAnAmbiguousRetryIsCharged()
    {
        ScriptedChatClient provider = new ScriptedChatClient()
            .Enqueue(new TaskCanceledException("slow", new TimeoutException()))
            .Enqueue(ScriptedReply.Text("At last.").WithUsage(0, 100));
        var tracker = new CostTracker(
            [Budget.Daily("day", 10m)], PriceCatalog.Empty.With("scripted-model", ModelPrice.PerMillionTokens(0m, 100m)), new InMemorySpendLedger(_clock));
        var options = new RetryOptions { RetryAmbiguous = true, RetryBudget = new RetryBudget(1, 100, timeProvider: _clock) };
        using var client = new BudgetChatClient(
            new RetryChatClient(provider, options, new CallLayerSetup(_clock, [])), tracker, null, new CallLayerSetup(_clock, []));

        await _clock.RunAsync(client.AskAsync(streaming: false, options: new ChatOptions { MaxOutputTokens = 1_000 }));

        BudgetStatus status = Assert.Single(await tracker.GetStatusAsync());
        Assert.Equal((0.11m, 0.10m, 0m), (status.Spent, status.Unconfirmed, status.Held));
    }

    [Theory, MemberData(nameof(Modes))]
    public async Task F10_OneDeadlineBoundsAllRetriesAndCandidates(bool streaming)
    {
        var first = new ScriptedChatClient("a") { Default = ScriptedReply.Text("never").NeverAnswers() };
        var second = new ScriptedChatClient("b") { Default = ScriptedReply.Text("never").NeverAnswers() };
        using IChatClient client = Client(
            first, new RetryOptions { AttemptTimeout = TimeSpan.FromSeconds(8), TotalTimeout = TimeSpan.FromSeconds(10) }, second);
        Task<ChatResponse> call = client.AskAsync(streaming);

        _clock.Advance(TimeSpan.FromSeconds(8));
        await FakeClock.UntilAsync(() => second.Calls.Count == 1);
        Assert.False(call.IsCompleted);
        _clock.Advance(TimeSpan.FromSeconds(2));

        FallbackExhaustedException thrown = await Assert.ThrowsAsync<FallbackExhaustedException>(() => call);
        Assert.Equal([TimeSpan.FromSeconds(8), TimeSpan.FromSeconds(2)], thrown.Attempts.Select(attempt => attempt.Duration));
    }

    [Theory, MemberData(nameof(Modes))]
    public async Task F10_ADeadlineHoldsBelowANearerRetryLayerToo(bool streaming)
    {
        var setup = new CallLayerSetup(_clock, []);
        var primary = new ScriptedChatClient("a") { Default = ScriptedReply.Text("never").NeverAnswers() };
        using IChatClient client = new ChatClientBuilder(primary)
            .Use(inner => new RetryChatClient(inner, new RetryOptions { TotalTimeout = TimeSpan.FromSeconds(10) }, setup))
            .UseFallback(new ScriptedChatClient("b"))
            .Use(inner => new RetryChatClient(inner, new RetryOptions { MaxRetries = 1 }, setup))
            .Build();
        using ReceiptCapture capture = CallReceipts.Capture();

        Task<ChatResponse> call = client.AskAsync(streaming);
        _clock.Advance(TimeSpan.FromSeconds(9.9));
        Assert.False(call.IsCompleted);
        _clock.Advance(TimeSpan.FromSeconds(0.1));

        await Assert.ThrowsAsync<TaskCanceledException>(() => call);
        Assert.Equal(TimeSpan.FromSeconds(10), Assert.Single(capture.Receipts).Duration);
    }

    [Theory, MemberData(nameof(Modes))]
    public async Task F10_CandidatesThatTheDeadlineLeavesNoTimeForAreListedWithTheRest(bool streaming)
    {
        var first = new ScriptedChatClient("a") { Default = ScriptedReply.Throw(Failure(HttpStatusCode.BadGateway)) };
        var second = new ScriptedChatClient("b") { Default = ScriptedReply.Text("never").NeverAnswers() };
        var third = new ScriptedChatClient("c");
        using IChatClient client = Client(first, new RetryOptions { MaxRetries = 0, TotalTimeout = TimeSpan.FromSeconds(5) }, second, third);

        FallbackExhaustedException thrown = await Assert.ThrowsAsync<FallbackExhaustedException>(() => _clock.RunAsync(client.AskAsync(streaming)));

        Assert.Equal(
            [AttemptOutcome.Failed, AttemptOutcome.Failed, AttemptOutcome.Skipped], thrown.Attempts.Select(attempt => attempt.Outcome));
        Assert.Contains("no time is left", thrown.Message, StringComparison.Ordinal);
        Assert.Empty(third.Calls);
    }

    [Theory, MemberData(nameof(Modes))]
    public async Task AnAttemptThatRanOutOfTimeSaysSoAndNamesItsRoute(bool streaming)
    {
        var provider = new ScriptedChatClient("slow-model") { Default = ScriptedReply.Text("never").NeverAnswers() };
        using IChatClient client = Client(provider, new RetryOptions { AttemptTimeout = TimeSpan.FromSeconds(8) });

        TaskCanceledException thrown = await Assert.ThrowsAsync<TaskCanceledException>(() => _clock.RunAsync(client.AskAsync(streaming)));

        Assert.Equal("Route 'scripted/slow-model' did not answer within 8 s. Raise RetryOptions.AttemptTimeout if answers need longer.", thrown.Message);
        Assert.IsType<TimeoutException>(thrown.InnerException);
        Assert.True(thrown.TryGetReceipt(out _));
    }

    [Theory]
    [InlineData(false, 0)]
    [InlineData(true, 0)]
    [InlineData(true, 2)]
    public async Task F11_ACallerWhoCancelsIsToldSoByItsOwnToken(bool streaming, int updates)
    {
        using var source = new CancellationTokenSource();
        ScriptedReply reply = ScriptedReply.Text("one two three").BeforeEachUpdate((_, index, token) => streaming && index < updates ? default : WaitAsync(token));
        var provider = new ScriptedChatClient { Default = streaming ? reply : reply.Before((_, token) => WaitAsync(token)) };
        using IChatClient client = Client(provider, new RetryOptions());
        Task<ChatResponse> call = client.AskAsync(streaming, cancellationToken: source.Token);

        await source.CancelAsync();

        OperationCanceledException thrown = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        Assert.Equal(source.Token, thrown.CancellationToken);

        static ValueTask WaitAsync(CancellationToken token) => new(Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, token));
    }

    [Fact]
    public async Task AnExceptionThatIsThrownAgainIsJudgedAgain()
    {
        var same = new IOException("reset");
        ScriptedChatClient provider = new ScriptedChatClient().Enqueue(
            ScriptedReply.Throw(same), ScriptedReply.Text("one two three").ThrowAfterUpdates(2, same));
        using IChatClient client = Client(provider, new RetryOptions { MaxRetries = 0 });
        await Assert.ThrowsAsync<IOException>(() => client.AskAsync(streaming: true));

        ChatStreamInterruptedException thrown = await Assert.ThrowsAsync<ChatStreamInterruptedException>(() => client.AskAsync(streaming: true));

        Assert.Equal(ChatFailurePhase.MidStream, thrown.Failure.Phase);
    }

    [Fact]
    public void OptionsThatCannotWorkAreRefusedWhenTheLayerIsMade()
    {
        using var provider = new ScriptedChatClient();
        Assert.Throws<ArgumentOutOfRangeException>(() => new RetryChatClient(provider, new RetryOptions { AttemptTimeout = TimeSpan.MaxValue }));
        Assert.Throws<ArgumentOutOfRangeException>(() => new RetryChatClient(provider, new RetryOptions { MaxRetryAfter = TimeSpan.FromSeconds(-1) }));
    }

    [Fact]
    public async Task TimeOutsWithoutEndAreTheAttempts()
    {
        ScriptedChatClient provider = new ScriptedChatClient().Enqueue("Here.");
        using IChatClient client = Client(provider, new RetryOptions
        {
            FirstContentTimeout = TimeSpan.MaxValue,
            UpdateTimeout = TimeSpan.MaxValue,
            TotalTimeout = TimeSpan.MaxValue,
        });

        Assert.Equal("Here.", (await client.AskAsync(streaming: true)).Text);
    }

    [Fact]
    public async Task F13_InAnOutageRetriesStayUnderATenthOfAllCalls()
    {
        var provider = new ScriptedChatClient { Default = ScriptedReply.Throw(Failure(HttpStatusCode.TooManyRequests)) };
        var options = new RetryOptions { BaseDelay = TimeSpan.Zero, MaxDelay = TimeSpan.Zero, RetryBudget = new RetryBudget(timeProvider: _clock) };
        for (int i = 0; i < 1_000; i++)
        {
            // A pipeline each, so that it is the shared budget that bounds them and not the route's circuit.
            using var client = new RetryChatClient(new Wrapper(provider), options);
            await Assert.ThrowsAsync<HttpRequestException>(() => client.AskAsync(streaming: false));
        }

        Assert.InRange(provider.Calls.Count, 1_001, 1_100);
    }

    [Theory, MemberData(nameof(Modes))]
    public async Task F14_AFailureIsNeverTurnedIntoAnAnswer(bool streaming)
    {
        var provider = new ScriptedChatClient { Default = ScriptedReply.Throw(Failure()) };
        using IChatClient client = Client(provider, new RetryOptions { BaseDelay = TimeSpan.Zero, MaxDelay = TimeSpan.Zero });

        await Assert.ThrowsAsync<HttpRequestException>(() => client.AskAsync(streaming));
        Assert.Equal(3, provider.Calls.Count);
    }

    [Fact]
    public async Task AStreamThatIsSilentTooLongBeforeItsFirstContentMovesOn()
    {
        var first = new ScriptedChatClient("a") { Default = ScriptedReply.Text("never").NeverAnswers() };
        ScriptedChatClient second = new ScriptedChatClient("b").Enqueue("Here.");
        using IChatClient client = Client(first, new RetryOptions { FirstContentTimeout = TimeSpan.FromSeconds(5) }, second);

        Assert.Equal("Here.", (await _clock.RunAsync(client.AskAsync(streaming: true))).Text);
    }

    [Fact]
    public async Task AStreamThatStallsAfterContentEndsWithWhatWasReceived()
    {
        ScriptedChatClient provider = new ScriptedChatClient().Enqueue(ScriptedReply.Text("one two three").BeforeEachUpdate(
            (_, index, token) => index < 2 ? default : new ValueTask(Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, token))));
        using IChatClient client = Client(provider, new RetryOptions { UpdateTimeout = TimeSpan.FromSeconds(5) });

        ChatStreamInterruptedException thrown = await Assert.ThrowsAsync<ChatStreamInterruptedException>(
            () => _clock.RunAsync(client.AskAsync(streaming: true)));

        Assert.Equal(ChatFailureKind.Timeout, thrown.Failure.Kind);
        Assert.StartsWith("one", thrown.Received.Text, StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(Modes))]
    public async Task ARetryThatNoLongerFitsTheBudgetIsNotMadeAndTheFailureStands(bool streaming)
    {
        var provider = new ScriptedChatClient { Default = ScriptedReply.Throw(Ambiguous()) };
        using IChatClient client = Unaffordable(provider);
        using ReceiptCapture capture = CallReceipts.Capture();

        await Assert.ThrowsAsync<TaskCanceledException>(() => client.AskAsync(streaming, options: new ChatOptions { MaxOutputTokens = 1_000 }));

        Assert.Single(provider.Calls);
        Assert.Equal([AttemptOutcome.Failed, AttemptOutcome.Refused], Assert.Single(capture.Receipts).Attempts.Select(attempt => attempt.Outcome));
    }

    [Theory, MemberData(nameof(Modes))]
    public async Task AfterARetryThatNoLongerFitsTheBudgetItIsTheTurnOfTheNextCandidate(bool streaming)
    {
        var provider = new ScriptedChatClient { Default = ScriptedReply.Throw(Ambiguous()) };
        ScriptedChatClient alternate = new ScriptedChatClient("cheap").Enqueue("Here.");
        using IChatClient client = Unaffordable(provider, new ChatRoute("cheap", alternate) { WhenOverBudget = false });

        Assert.Equal("Here.", (await client.AskAsync(streaming, options: new ChatOptions { MaxOutputTokens = 1_000 })).Text);
        Assert.Single(provider.Calls);
    }

    [Theory, MemberData(nameof(Modes))]
    public async Task EachRetryIsToldToTheObserverBeforeItsWait(bool streaming)
    {
        ICallObserver observer = Substitute.For<ICallObserver>();
        ScriptedChatClient provider = new ScriptedChatClient().Enqueue(Failure()).Enqueue(Failure()).Enqueue("At last.");
        var options = new RetryOptions { Randomizer = () => 0.5, RetryBudget = new RetryBudget(1, 100, timeProvider: _clock) };
        using var client = new RetryChatClient(provider, options, new CallLayerSetup(_clock, [observer]));

        await _clock.RunAsync(client.AskAsync(streaming));

        observer.ReceivedWithAnyArgs(2).OnRetry(default!, default);
        observer.Received(1).OnRetry(Arg.Is<AttemptReceipt>(failed => failed.Number == 1), TimeSpan.FromSeconds(1));
        observer.Received(1).OnRetry(Arg.Is<AttemptReceipt>(failed => failed.Number == 2), TimeSpan.FromSeconds(1.75));
    }

    [Fact]
    public async Task ARetryThatTheDeadlineForbidsTakesNothingFromTheRetryBudget()
    {
        var budget = new RetryBudget(0, minimum: 1, timeProvider: _clock);
        var hasty = new ScriptedChatClient("a") { Default = Failing(TimeSpan.FromSeconds(30)) };
        using IChatClient bounded = Client(hasty, new RetryOptions { TotalTimeout = TimeSpan.FromSeconds(10), RetryBudget = budget });
        await Assert.ThrowsAsync<HttpRequestException>(() => bounded.AskAsync(streaming: false));

        ScriptedChatClient patient = new ScriptedChatClient("b").Enqueue(Failure()).Enqueue("At last.");
        using IChatClient client = Client(patient, new RetryOptions { RetryBudget = budget });

        Assert.Equal("At last.", (await _clock.RunAsync(client.AskAsync(streaming: false))).Text);
        Assert.Single(hasty.Calls);
    }

    private static TaskCanceledException Ambiguous() => new("slow", new TimeoutException());

    /// <summary>The budget pays one attempt of the primary and many of the alternates.</summary>
    private IChatClient Unaffordable(ScriptedChatClient provider, params ChatRoute[] routes)
    {
        PriceCatalog prices = PriceCatalog.Empty
            .With("scripted-model", ModelPrice.PerMillionTokens(0m, 100m)).With("cheap", ModelPrice.PerMillionTokens(0m, 1m));
        var tracker = new CostTracker([Budget.Daily("day", 0.15m)], prices, new InMemorySpendLedger(_clock));
        var options = new RetryOptions { RetryAmbiguous = true, BaseDelay = TimeSpan.Zero, MaxDelay = TimeSpan.Zero, RetryBudget = new RetryBudget(1, 100) };
        var unconfirmed = new UnconfirmedPolicy { Ambiguous = UnconfirmedCharge.Full, Stream = UnconfirmedCharge.Full };
        return new ChatClientBuilder(provider).UseBudget(tracker, budget => budget.Unconfirmed = unconfirmed).UseRetry(options).UseFallback(routes).Build();
    }

    /// <summary>Another client object, and so another route, around the same provider.</summary>
    private sealed class Wrapper(IChatClient inner) : DelegatingChatClient(inner);
}
