using MeaiBudget.Testing;
using Microsoft.Extensions.AI;

namespace MeaiBudget.Tests;

/// <summary>A caller who leaves gets no further attempt, and nothing stays held.</summary>
public sealed class CancellationTests
{
    public static TheoryData<SimulatedProvider, bool> ProvidersAndModes => RealPipeline.ProvidersAndModes;

    public static TheoryData<SimulatedProvider> Providers => RealPipeline.Providers;

    [Theory, MemberData(nameof(ProvidersAndModes))]
    public async Task BeforeTheFirstAttemptNothingIsSent(SimulatedProvider provider, bool streaming)
    {
        await using RealPipeline pipeline = await RealPipeline.StartAsync(provider);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => pipeline.Client.AskAsync(streaming, cancellationToken: new CancellationToken(canceled: true)));

        Assert.Empty(pipeline.Simulator.Requests);
        await pipeline.AssertBalancedAsync(settled: 0);
    }

    [Theory, MemberData(nameof(ProvidersAndModes))]
    public async Task DuringAnAttemptItIsGivenUpAndChargedUnconfirmed(SimulatedProvider provider, bool streaming)
    {
        await using RealPipeline pipeline = await RealPipeline.StartAsync(provider);
        pipeline.Primary.Enqueue(SimulatedResponse.Text("late").AfterDelay(TimeSpan.FromDays(1)));
        using var source = new CancellationTokenSource();
        using ReceiptCapture capture = CallReceipts.Capture();

        Task<ChatResponse> call = pipeline.Client.AskAsync(streaming, options: new ChatOptions { MaxOutputTokens = 100 }, cancellationToken: source.Token);
        await pipeline.Simulator.WaitForRequestsAsync(1);
        await source.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        await pipeline.Simulator.WaitForCompletionAsync();
        Assert.Equal(SimulatedRequestState.ClientLeft, Assert.Single(pipeline.Simulator.Requests).State);
        AttemptReceipt attempt = Assert.Single(Assert.Single(capture.Receipts).Attempts);
        Assert.Equal((AttemptOutcome.Cancelled, true), (attempt.Outcome, attempt.IsUnconfirmed));
        BudgetStatus status = await pipeline.StatusAsync();
        Assert.True(status.Spent > 0m);
        Assert.Equal(status.Spent, status.Unconfirmed);
        await pipeline.AssertBalancedAsync(settled: 1);
    }

    [Theory, MemberData(nameof(ProvidersAndModes))]
    public async Task BetweenAttemptsTheWaitEndsAndNoOtherIsMade(SimulatedProvider provider, bool streaming)
    {
        await using RealPipeline pipeline = await RealPipeline.StartAsync(provider);
        pipeline.Primary.Enqueue(SimulatedResponse.RateLimited("23"));
        using var source = new CancellationTokenSource();

        Task<ChatResponse> call = pipeline.Client.AskAsync(streaming, cancellationToken: source.Token);
        await pipeline.Clock.WaitForTimerAsync(TimeSpan.FromSeconds(23));
        await source.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        Assert.Single(pipeline.Simulator.Requests);
        await pipeline.AssertBalancedAsync(settled: 0);
    }

    [Theory, MemberData(nameof(Providers))]
    public async Task AStreamThatTheCallerLeavesIsSettledForWhatCame(SimulatedProvider provider)
    {
        await using RealPipeline pipeline = await RealPipeline.StartAsync(provider);
        pipeline.Primary.Enqueue(SimulatedResponse.Text("one two three four five").StallAfter(2));
        using ReceiptCapture capture = CallReceipts.Capture();
        string text = "";

        await foreach (ChatResponseUpdate update in pipeline.Client.GetStreamingResponseAsync("Count."))
        {
            text += update.Text;
            if (text == "one two")
            {
                break;
            }
        }

        await pipeline.Simulator.WaitForCompletionAsync();
        Assert.Equal(SimulatedRequestState.ClientLeft, Assert.Single(pipeline.Simulator.Requests).State);
        AttemptReceipt attempt = Assert.Single(Assert.Single(capture.Receipts).Attempts);
        Assert.Equal((AttemptOutcome.Cancelled, true), (attempt.Outcome, attempt.IsUnconfirmed));
        Assert.InRange(attempt.Usage.OutputTokens, 1, 3);
        await pipeline.AssertBalancedAsync(settled: 1);
    }
}
