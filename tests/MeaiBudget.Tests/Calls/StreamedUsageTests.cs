using MeaiBudget.Testing;
using Microsoft.Extensions.AI;

namespace MeaiBudget.Tests;

/// <summary>Usage that a client reports in several parts, by the contract of Microsoft.Extensions.AI or as the sum so far.</summary>
public sealed class StreamedUsageTests
{
    [Fact]
    public async Task L8_PartsThatAddUpAreAddedUp()
    {
        BillableUsage usage = await UsageAsync((1000, 100), (0, 200), (0, 200));

        Assert.Equal((1000L, 500L), (usage.InputTokens, usage.OutputTokens));
    }

    [Fact]
    public async Task L8_TwoPartsThatAddUpAreAddedUp()
    {
        BillableUsage usage = await UsageAsync((1000, 100), (0, 200));

        Assert.Equal((1000L, 300L), (usage.InputTokens, usage.OutputTokens));
    }

    [Fact]
    public async Task L8_PartsThatRepeatTheInputAndFallAreAddedUp()
    {
        BillableUsage usage = await UsageAsync((1000, 100), (1000, 50), (1000, 200));

        Assert.Equal((1000L, 350L), (usage.InputTokens, usage.OutputTokens));
    }

    [Fact]
    public async Task L8_SumsInEachChunkAreNotAddedUp()
    {
        BillableUsage usage = await UsageAsync((16, 1), (16, 2), (16, 2), (16, 12));

        Assert.Equal((16L, 12L), (usage.InputTokens, usage.OutputTokens));
    }

    [Fact]
    public async Task L8_PartsFollowedByTheirSumAreTheSum()
    {
        BillableUsage usage = await UsageAsync((1000, 100), (0, 200), (1000, 300));

        Assert.Equal((1000L, 300L), (usage.InputTokens, usage.OutputTokens));
    }

    [Theory, MemberData(nameof(StreamModes.Both), MemberType = typeof(StreamModes))]
    public async Task L14_CountsOfAClientThatCannotBeRightAreReplacedAndFlagged(bool streaming)
    {
        AttemptReceipt absurd = await AskAsync(streaming, long.MaxValue, long.MaxValue);
        AttemptReceipt negative = await AskAsync(streaming, 10, -5);

        Assert.True(absurd.Cost.Amount <= absurd.Reserved, $"Charged {absurd.Cost.Amount} of {absurd.Reserved} reserved.");
        Assert.InRange(negative.Usage.OutputTokens, 1, 10);
        Assert.All([absurd, negative], attempt => Assert.True(attempt.Cost.Flags.HasFlag(CostFlags.InconsistentUsage)));
    }

    [Theory, MemberData(nameof(StreamModes.Both), MemberType = typeof(StreamModes))]
    public async Task L17_WhatAResilienceHandlerDidNotSendIsNotCharged(bool streaming)
    {
        var scripted = new ScriptedChatClient("gpt-4.1-mini", "openai") { Default = ScriptedReply.Throw(new Polly.CircuitBreaker.BrokenCircuitException()) };
        var tracker = new CostTracker(Budget.Daily("day", 1m));
        using IChatClient client = new ChatClientBuilder(scripted).UseBudget(tracker).Build();

        await Assert.ThrowsAsync<Polly.CircuitBreaker.BrokenCircuitException>(() => client.AskAsync(streaming));

        Assert.Equal(0, (await tracker.GetStatusAsync(cancellationToken: TestContext.Current.CancellationToken)).Single().Spent);
    }

    private static async Task<BillableUsage> UsageAsync(params (long Input, long Output)[] reports)
    {
        var updates = new List<ChatResponseUpdate>();
        foreach ((long input, long output) in reports)
        {
            updates.Add(new ChatResponseUpdate(ChatRole.Assistant, "word ") { ModelId = "gpt-4.1-mini" });
            updates.Add(new ChatResponseUpdate(ChatRole.Assistant, [new UsageContent(new() { InputTokenCount = input, OutputTokenCount = output })]) { ModelId = "gpt-4.1-mini" });
        }

        ScriptedChatClient scripted = new ScriptedChatClient("gpt-4.1-mini", "openai").Enqueue(ScriptedReply.Stream([.. updates]));
        return (await AskAsync(scripted, streaming: true)).Usage;
    }

    private static Task<AttemptReceipt> AskAsync(bool streaming, long input, long output) => AskAsync(
        new ScriptedChatClient("gpt-4.1-mini", "openai") { Default = ScriptedReply.Text("An answer.").WithUsage(input, output) }, streaming);

    private static async Task<AttemptReceipt> AskAsync(ScriptedChatClient scripted, bool streaming)
    {
        using IChatClient client = new ChatClientBuilder(scripted).UseBudget(new CostTracker(Budget.Daily("day", 10m))).Build();
        using ReceiptCapture capture = CallReceipts.Capture();
        await client.AskAsync(streaming, options: new() { MaxOutputTokens = 1_000 });
        return capture.Receipts.Single().Attempts.Single();
    }
}
