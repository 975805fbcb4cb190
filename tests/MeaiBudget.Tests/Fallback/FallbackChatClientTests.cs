using System.Net;
using MeaiBudget.Testing;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Time.Testing;
using NSubstitute;

namespace MeaiBudget.Tests;

public sealed class FallbackChatClientTests
{
    public static TheoryData<bool> Modes => StreamModes.Both;

    private static HttpRequestException Failure(HttpStatusCode status) => new("no", null, status);

    [Theory, MemberData(nameof(Modes))]
    public async Task TheAlternateAnswersWhenThePrimaryFails(bool streaming)
    {
        ScriptedChatClient primary = new ScriptedChatClient("a").Enqueue(Failure(HttpStatusCode.InternalServerError));
        ScriptedChatClient alternate = new ScriptedChatClient("b").Enqueue("From the alternate.");
        using IChatClient client = new ChatClientBuilder(primary).UseFallback(alternate).Build();

        using ReceiptCapture capture = CallReceipts.Capture();
        ChatResponse response = await client.AskAsync(streaming);

        Assert.Equal("From the alternate.", response.Text);
        CallReceipt receipt = Assert.Single(capture.Receipts);
        Assert.Equal([AttemptOutcome.Failed, AttemptOutcome.Answered], receipt.Attempts.Select(attempt => attempt.Outcome));
        Assert.Equal("scripted/b", receipt.Answer!.Route);
    }

    [Theory, MemberData(nameof(Modes))]
    public async Task OneCandidateThatFailsThrowsItsOwnExceptionWithTheReceiptBesideIt(bool streaming)
    {
        HttpRequestException failure = Failure(HttpStatusCode.BadGateway);
        ScriptedChatClient primary = new ScriptedChatClient().Enqueue(failure);
        using IChatClient client = new ChatClientBuilder(primary).UseFallback().Build();

        HttpRequestException thrown = await Assert.ThrowsAsync<HttpRequestException>(() => client.AskAsync(streaming));

        Assert.Same(failure, thrown);
        Assert.True(thrown.TryGetReceipt(out CallReceipt? receipt));
        Assert.Single(receipt.Attempts);
    }

    [Theory, MemberData(nameof(Modes))]
    public async Task H2_WhenEveryCandidateIsDownOneExceptionListsEachAttempt(bool streaming)
    {
        ScriptedChatClient primary = new ScriptedChatClient("a").Enqueue(Failure(HttpStatusCode.BadGateway));
        ScriptedChatClient alternate = new ScriptedChatClient("b").Enqueue(Failure(HttpStatusCode.ServiceUnavailable));
        using IChatClient client = new ChatClientBuilder(primary).UseFallback(alternate).Build();

        FallbackExhaustedException thrown = await Assert.ThrowsAsync<FallbackExhaustedException>(() => client.AskAsync(streaming));

        Assert.Equal(["scripted/a", "scripted/b"], thrown.Attempts.Select(attempt => attempt.Route));
        Assert.Contains("scripted/a", thrown.Message, StringComparison.Ordinal);
        Assert.Contains("scripted/b", thrown.Message, StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(Modes))]
    public async Task F11_ACallerWhoCancelledGetsNoFurtherAttempt(bool streaming)
    {
        using var source = new CancellationTokenSource();
        ScriptedChatClient primary = new ScriptedChatClient("a").Enqueue(ScriptedReply.Text("x").Before(async (_, _) =>
        {
            await source.CancelAsync();
        }));
        var alternate = new ScriptedChatClient("b");
        using IChatClient client = new ChatClientBuilder(primary).UseRetry().UseFallback(alternate).Build();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => client.AskAsync(streaming, cancellationToken: source.Token));

        Assert.Single(primary.Calls);
        Assert.Empty(alternate.Calls);
    }

    [Theory, MemberData(nameof(Modes))]
    public async Task RetriesAreMadeOnEachCandidateWhenRetryStandsAboveFallback(bool streaming)
    {
        var clock = new FakeTimeProvider { AutoAdvanceAmount = TimeSpan.Zero };
        var primary = new ScriptedChatClient("a") { Default = ScriptedReply.Throw(Failure(HttpStatusCode.TooManyRequests)) };
        var alternate = new ScriptedChatClient("b") { Default = ScriptedReply.Throw(Failure(HttpStatusCode.TooManyRequests)) };
        using IChatClient client = new ChatClientBuilder(primary)
            .UseRetry(new RetryOptions { MaxRetries = 2, BaseDelay = TimeSpan.Zero, MaxDelay = TimeSpan.Zero, RetryBudget = new RetryBudget(1, 100) })
            .UseFallback(alternate).Build();

        await Assert.ThrowsAsync<FallbackExhaustedException>(() => client.AskAsync(streaming));

        Assert.Equal(3, primary.Calls.Count);
        Assert.Equal(3, alternate.Calls.Count);
    }

    [Fact]
    public async Task WorksOnAnySubstituteWithNothingElse()
    {
        IChatClient inner = Substitute.For<IChatClient>();
        inner.GetResponseAsync(default!).ReturnsForAnyArgs(new ChatResponse(new ChatMessage(ChatRole.Assistant, "hi")));
        using IChatClient client = new ChatClientBuilder(inner).UseFallback().Build();

        Assert.Equal("hi", (await client.GetResponseAsync("hello")).Text);
    }
}
