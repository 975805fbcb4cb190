using MeaiBudget.Testing;
using Microsoft.Extensions.AI;

namespace MeaiBudget.Tests;

/// <summary>All layers on all four real SDKs, streaming and not: answers, retries, fallbacks, budget blocks.</summary>
public sealed class WholePipelineTests
{
    public static TheoryData<SimulatedProvider, bool> ProvidersAndModes => RealPipeline.ProvidersAndModes;

    [Theory, MemberData(nameof(ProvidersAndModes))]
    public async Task AnAnswerIsSettledAtWhatTheProviderReported(SimulatedProvider provider, bool streaming)
    {
        await using RealPipeline pipeline = await RealPipeline.StartAsync(provider);
        pipeline.Primary.Enqueue(SimulatedResponse.Text("Rome it is.").WithUsage(120, 7));
        using ReceiptCapture capture = CallReceipts.Capture();

        ChatResponse response = await pipeline.Client.AskAsync(streaming);

        Assert.Equal("Rome it is.", response.Text);
        Assert.Equal((120L, 7L), (response.Usage?.InputTokenCount, response.Usage?.OutputTokenCount));
        CallReceipt receipt = Assert.Single(capture.Receipts);
        AttemptReceipt attempt = Assert.Single(receipt.Attempts);
        Assert.Equal(("primary", AttemptOutcome.Answered, RealPipeline.PrimaryModel), (attempt.Route, attempt.Outcome, attempt.ModelId));
        Assert.Equal(0.000134m, receipt.Cost);
        Assert.Equal(0.000134m, (await pipeline.StatusAsync()).Spent);
        Assert.Single(pipeline.Simulator.Requests);
        await pipeline.AssertBalancedAsync(settled: 1);
    }

    [Theory, MemberData(nameof(ProvidersAndModes))]
    public async Task ARateLimitIsWaitedOutAsLongAsTheProviderSays(SimulatedProvider provider, bool streaming)
    {
        await using RealPipeline pipeline = await RealPipeline.StartAsync(provider);
        pipeline.Primary.Enqueue(SimulatedResponse.RateLimited("23"), SimulatedResponse.Text("Now."));
        using ReceiptCapture capture = CallReceipts.Capture();

        Task<ChatResponse> call = pipeline.Client.AskAsync(streaming);
        await pipeline.Clock.WaitForTimerAsync(TimeSpan.FromSeconds(23));
        Assert.Single(pipeline.Simulator.Requests);
        pipeline.Clock.Advance(TimeSpan.FromSeconds(23));
        ChatResponse response = await call;

        Assert.Equal("Now.", response.Text);
        Assert.Equal(2, pipeline.RequestsFor(RealPipeline.PrimaryModel));
        Assert.Equal(
            [(AttemptOutcome.Failed, ChatFailureKind.RateLimited, TimeSpan.Zero), (AttemptOutcome.Answered, null, TimeSpan.FromSeconds(23))],
            Assert.Single(capture.Receipts).Attempts.Select(attempt => (attempt.Outcome, attempt.Failure?.Kind, attempt.Waited)));
        Assert.False(capture.Receipts[0].WasSubstituted);
        await pipeline.AssertBalancedAsync(settled: 1);
    }

    [Theory, MemberData(nameof(ProvidersAndModes))]
    public async Task AnOutageIsBridgedByTheAlternateOfTheSameClass(SimulatedProvider provider, bool streaming)
    {
        await using RealPipeline pipeline = await RealPipeline.StartAsync(provider);
        pipeline.Primary.Default = SimulatedResponse.ServerError();
        pipeline.Alternate.Enqueue(SimulatedResponse.Text("From elsewhere.").WithUsage(100, 50));
        using ReceiptCapture capture = CallReceipts.Capture();

        ChatResponse response = await pipeline.Client.AskAsync(streaming);

        Assert.Equal("From elsewhere.", response.Text);
        CallReceipt receipt = Assert.Single(capture.Receipts);
        Assert.True(receipt.WasSubstituted);
        Assert.Equal(["primary", "primary", "primary", "alternate"], receipt.Attempts.Select(attempt => attempt.Route));
        Assert.Equal(0.0002m, receipt.Cost);
        Assert.Equal(
            (3, 1, 0, 0),
            (pipeline.RequestsFor(RealPipeline.PrimaryModel), pipeline.RequestsFor(RealPipeline.AlternateModel),
                pipeline.RequestsFor(RealPipeline.OtherClassModel), pipeline.RequestsFor(RealPipeline.LocalModel)));
        await pipeline.AssertBalancedAsync(settled: 1);
    }

    [Theory, MemberData(nameof(ProvidersAndModes))]
    public async Task WhenABudgetRefusesEveryPaidCandidateTheLocalOneAnswers(SimulatedProvider provider, bool streaming)
    {
        await using RealPipeline pipeline = await RealPipeline.StartAsync(provider, limit: 0m);
        pipeline.Local.Enqueue(SimulatedResponse.Text("From here.").WithUsage(100, 50));
        using ReceiptCapture capture = CallReceipts.Capture();

        ChatResponse response = await pipeline.Client.AskAsync(streaming);

        Assert.Equal("From here.", response.Text);
        Assert.Equal(
            [("primary", AttemptOutcome.Refused), ("alternate", AttemptOutcome.Refused), ("local", AttemptOutcome.Answered)],
            Assert.Single(capture.Receipts).Attempts.Select(attempt => (attempt.Route, attempt.Outcome)));
        Assert.Equal(RealPipeline.LocalModel, Assert.Single(pipeline.Simulator.Requests).Model);
        Assert.Equal(0m, (await pipeline.StatusAsync()).Spent);
        await pipeline.AssertBalancedAsync(settled: 1);
    }

    [Theory, MemberData(nameof(ProvidersAndModes))]
    public async Task WhenEveryCandidateIsDownOneExceptionListsEachAttempt(SimulatedProvider provider, bool streaming)
    {
        await using RealPipeline pipeline = await RealPipeline.StartAsync(provider);
        pipeline.Primary.Default = SimulatedResponse.ServerError();
        pipeline.Alternate.Default = SimulatedResponse.Overloaded();
        pipeline.Local.Default = SimulatedResponse.Error(502);

        FallbackExhaustedException thrown = await Assert.ThrowsAsync<FallbackExhaustedException>(() => pipeline.Client.AskAsync(streaming));

        Assert.Equal(
            [.. Enumerable.Repeat("primary", 3), .. Enumerable.Repeat("alternate", 3), .. Enumerable.Repeat("local", 3)],
            thrown.Attempts.Where(attempt => attempt.Outcome == AttemptOutcome.Failed).Select(attempt => attempt.Route));
        Assert.Equal(["other-class"], thrown.Attempts.Where(attempt => attempt.Outcome == AttemptOutcome.Skipped).Select(attempt => attempt.Route));
        Assert.Equal(3, thrown.Exceptions.Count);
        Assert.All(["[1] primary", "[4] alternate", "[9] local", "HTTP 500"], part => Assert.Contains(part, thrown.Message, StringComparison.Ordinal));
        Assert.Equal(9, pipeline.Simulator.Requests.Count);
        Assert.Equal(0m, (await pipeline.StatusAsync()).Spent);
        await pipeline.AssertBalancedAsync(settled: 0);
    }

    [Theory, MemberData(nameof(ProvidersAndModes))]
    public async Task F1_ThreeRateLimitsUnderTwoRetriesAreExactlyThreeRequests(SimulatedProvider provider, bool streaming)
    {
        await using RealPipeline pipeline = await RealPipeline.StartAsync(provider, hasAlternates: false);
        pipeline.Primary.Default = SimulatedResponse.RateLimited();

        Exception thrown = await Assert.ThrowsAnyAsync<Exception>(() => pipeline.Client.AskAsync(streaming));

        Assert.Equal(3, pipeline.Simulator.Requests.Count);
        Assert.IsNotType<FallbackExhaustedException>(thrown);
        Assert.True(thrown.TryGetReceipt(out CallReceipt? receipt));
        Assert.Equal(3, receipt.Attempts.Count);
        Assert.All(receipt.Attempts, attempt => Assert.Equal(ChatFailureKind.RateLimited, attempt.Failure?.Kind));
        await pipeline.AssertBalancedAsync(settled: 0);
    }

    [Theory, MemberData(nameof(ProvidersAndModes))]
    public async Task UsageThatAProviderLeavesOutIsEstimatedAndMarked(SimulatedProvider provider, bool streaming)
    {
        // Anthropic's SDK takes an answer without usage for a broken one.
        Assert.SkipWhen(provider == SimulatedProvider.Anthropic, "Anthropic's SDK refuses an answer without usage.");
        await using RealPipeline pipeline = await RealPipeline.StartAsync(provider);
        pipeline.Primary.Enqueue(SimulatedResponse.Text("one two three four").WithoutUsage());

        ChatResponse response = await pipeline.Client.AskAsync(streaming);

        Assert.True(response.Usage?.InputTokenCount > 0);
        Assert.True(response.Usage?.OutputTokenCount is >= 4 and < 20);
        Assert.Equal(response.Usage?.OutputTokenCount, response.Usage?.AdditionalCounts?["meaibudget.estimated_output_tokens"]);
        Assert.True((await pipeline.StatusAsync()).Spent > 0m);
        await pipeline.AssertBalancedAsync(settled: 1);
    }

    [Theory, MemberData(nameof(ProvidersAndModes))]
    public async Task TheProvidersOwnAnswerStaysWithinReach(SimulatedProvider provider, bool streaming)
    {
        await using RealPipeline pipeline = await RealPipeline.StartAsync(provider);

        object? raw = streaming
            ? (await pipeline.Client.GetStreamingResponseAsync("Hello").ToListAsync()).Select(update => update.RawRepresentation).FirstOrDefault(found => found is not null)
            : (await pipeline.Client.GetResponseAsync("Hello")).RawRepresentation;

        Assert.NotNull(raw);
    }
}
