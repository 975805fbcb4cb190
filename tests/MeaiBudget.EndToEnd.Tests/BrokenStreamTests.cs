using MeaiBudget.Testing;
using Microsoft.Extensions.AI;

namespace MeaiBudget.Tests;

/// <summary>A stream that breaks after content is a typed failure, charged for what came; one that breaks before it is tried elsewhere.</summary>
public sealed class BrokenStreamTests
{
    public static TheoryData<SimulatedProvider> Providers => RealPipeline.Providers;

    public static TheoryData<SimulatedProvider, string> Breaks
    {
        get
        {
            var data = new TheoryData<SimulatedProvider, string>();
            foreach (SimulatedProvider provider in Enum.GetValues<SimulatedProvider>())
            {
                foreach (string kind in (string[])["drop", "error", "end", "malformed"])
                {
                    data.Add(provider, kind);
                }
            }

            return data;
        }
    }

    [Theory, MemberData(nameof(Breaks))]
    public async Task AStreamThatDiesHalfWayIsATypedFailureAndIsCharged(SimulatedProvider provider, string kind)
    {
        await using RealPipeline pipeline = await RealPipeline.StartAsync(provider);
        var text = SimulatedResponse.Text("one two three four five");
        pipeline.Primary.Enqueue(kind switch
        {
            "drop" => text.DropAfter(2),
            "error" => text.ErrorAfter(2),
            "end" => text.EndAfter(2),
            _ => text.MalformedAfter(2),
        });
        using ReceiptCapture capture = CallReceipts.Capture();

        ChatStreamInterruptedException thrown = await Assert.ThrowsAsync<ChatStreamInterruptedException>(
            () => pipeline.Client.AskAsync(streaming: true));

        Assert.Equal("one two", thrown.Received.Text);
        Assert.Contains("primary", thrown.Message, StringComparison.Ordinal);
        AttemptReceipt attempt = Assert.Single(Assert.Single(capture.Receipts).Attempts);
        Assert.Equal((AttemptOutcome.Failed, true), (attempt.Outcome, attempt.IsUnconfirmed));
        Assert.True(attempt.Usage.InputTokens > 0);
        Assert.InRange(attempt.Usage.OutputTokens, 1, 4);
        Assert.True(attempt.Cost.Amount > 0m);
        Assert.Single(pipeline.Simulator.Requests);
        await pipeline.AssertBalancedAsync(settled: 1);
    }

    [Theory, MemberData(nameof(Providers))]
    public async Task E2_AStreamThatDiesLateIsChargedForWhatCameAndNotByAPlaceholder(SimulatedProvider provider)
    {
        await using RealPipeline pipeline = await RealPipeline.StartAsync(provider);
        pipeline.Primary.Enqueue(SimulatedResponse.Text(string.Join(' ', Enumerable.Repeat("word", 60))).DropAfter(50));
        using ReceiptCapture capture = CallReceipts.Capture();

        await Assert.ThrowsAsync<ChatStreamInterruptedException>(() => pipeline.Client.AskAsync(streaming: true));

        AttemptReceipt attempt = Assert.Single(Assert.Single(capture.Receipts).Attempts);
        Assert.True(attempt.IsUnconfirmed && attempt.Usage.InputTokens > 0);
        Assert.InRange(attempt.Usage.OutputTokens, 40, 100);
        await pipeline.AssertBalancedAsync(settled: 1);
    }

    [Theory, MemberData(nameof(Breaks))]
    public async Task AStreamThatDiesBeforeItsFirstContentIsTriedElsewhere(SimulatedProvider provider, string kind)
    {
        await using RealPipeline pipeline = await RealPipeline.StartAsync(provider);
        var text = SimulatedResponse.Text("never seen");
        pipeline.Primary.Default = kind switch
        {
            "drop" => text.DropAfter(0),
            "error" => text.ErrorAfter(0),
            "end" => text.EndAfter(0),
            _ => text.MalformedAfter(0),
        };
        pipeline.Alternate.Enqueue(SimulatedResponse.Text("From elsewhere."));

        ChatResponse response = await pipeline.Client.AskAsync(streaming: true);

        Assert.Equal("From elsewhere.", response.Text);
        Assert.Equal(1, pipeline.RequestsFor(RealPipeline.AlternateModel));
        Assert.Equal(0, pipeline.Ledger.Open);
    }

    [Theory, MemberData(nameof(Providers))]
    public async Task AnErrorInsideASuccessIsNoAnswer(SimulatedProvider provider)
    {
        await using RealPipeline pipeline = await RealPipeline.StartAsync(provider);
        pipeline.Primary.Default = SimulatedResponse.ErrorInside200();
        pipeline.Alternate.Enqueue(SimulatedResponse.Text("From elsewhere."));

        ChatResponse response = await pipeline.Client.AskAsync(streaming: false);

        Assert.Equal("From elsewhere.", response.Text);
        Assert.Equal(0, pipeline.Ledger.Open);
    }
}
