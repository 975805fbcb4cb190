using System.Net;
using CsCheck;
using MeaiBudget.Testing;
using Microsoft.Extensions.AI;
using NSubstitute;

namespace MeaiBudget.Tests;

/// <summary>The charges for answers whose usage is missing, late, repeated or cut off.</summary>
public sealed class StreamChargeTests
{
    /// <summary>A dollar a million input tokens, 100 dollars a million output tokens.</summary>
    private static readonly PriceCatalog Prices = PriceCatalog.Empty.With("scripted-model", ModelPrice.PerMillionTokens(1m, 100m));

    public static TheoryData<bool> Modes => StreamModes.Both;

    private static CostTracker Tracker() => new([Budget.Daily("day", 10m)], Prices);

    private static IChatClient Pipeline(IChatClient provider, CostTracker tracker, UnconfirmedPolicy? unconfirmed = null) =>
        new ChatClientBuilder(provider).UseBudget(tracker, options => options.Unconfirmed = unconfirmed ?? options.Unconfirmed).Build();

    private static async Task<BudgetStatus> StatusAsync(CostTracker tracker) => Assert.Single(await tracker.GetStatusAsync());

    private static ChatResponseUpdate Part(string text) => new(ChatRole.Assistant, text);

    private static ChatResponseUpdate UsageOf(long input, long output) => new()
    {
        Contents = [new UsageContent(new UsageDetails { InputTokenCount = input, OutputTokenCount = output })],
    };

    [Fact]
    public async Task E2_TheCostIsThatOfTheFinalUsageAndNotOfAPlaceholder()
    {
        ScriptedChatClient provider = new ScriptedChatClient().Enqueue(ScriptedReply.Stream(UsageOf(100, 1), Part("All "), Part("of it."), UsageOf(100, 500)));
        CostTracker tracker = Tracker();
        using IChatClient client = Pipeline(provider, tracker);

        await client.AskAsync(streaming: true);

        Assert.Equal(0.0001m + 0.05m, (await StatusAsync(tracker)).Spent);
    }

    [Theory]
    [InlineData(UnconfirmedCharge.InputPlusReceived, 40, 60)]
    [InlineData(UnconfirmedCharge.Full, 1_000, 1_000)]
    [InlineData(UnconfirmedCharge.Released, 1, 1)]
    public async Task E2_AStreamThatIsLeftIsNotChargedByAPlaceholder(UnconfirmedCharge policy, long least, long most)
    {
        ChatResponseUpdate[] words = [.. Enumerable.Range(0, 50).Select(_ => Part("word "))];
        CostTracker tracker = Tracker();
        using IChatClient client = Pipeline(
            new ScriptedChatClient().Enqueue(ScriptedReply.Stream([UsageOf(100, 1), .. words])), tracker, new UnconfirmedPolicy { Stream = policy });
        using ReceiptCapture capture = CallReceipts.Capture();

        await LeaveAfterAsync(client, updates: 41);

        AttemptReceipt attempt = Assert.Single(Assert.Single(capture.Receipts).Attempts);
        Assert.True(attempt.IsUnconfirmed && attempt.Usage.IsEstimated);
        Assert.Equal(100, attempt.Usage.InputTokens);
        Assert.InRange(attempt.Usage.OutputTokens, least, most);
        Assert.Equal((attempt.Cost.Amount, 0m), ((await StatusAsync(tracker)).Spent, (await StatusAsync(tracker)).Held));
    }

    [Fact]
    public async Task E2_AStreamThatIsCutAtItsBoundIsNotChargedByAPlaceholder()
    {
        ChatResponseUpdate[] words = [.. Enumerable.Range(0, 500).Select(_ => Part("word "))];
        CostTracker tracker = Tracker();
        using IChatClient client = Pipeline(new ScriptedChatClient().Enqueue(ScriptedReply.Stream([UsageOf(100, 1), .. words])), tracker);
        using ReceiptCapture capture = CallReceipts.Capture();

        await client.AskAsync(streaming: true, options: new ChatOptions { MaxOutputTokens = 100 });

        AttemptReceipt attempt = Assert.Single(Assert.Single(capture.Receipts).Attempts);
        Assert.Equal(100, attempt.Usage.InputTokens);
        Assert.InRange(attempt.Usage.OutputTokens, 100, 200);
    }

    [Theory]
    [InlineData("one", null)]
    [InlineData("one", "one")]
    public async Task E2_AStreamThatIsCutIsCountedAsTheOneTextThatItIs(string? first, string? later)
    {
        // Pieces of a word are more tokens than the word.
        ChatResponseUpdate[] pieces = [.. Enumerable.Range(0, 900).Select(i => new ChatResponseUpdate(ChatRole.Assistant, "abcdefghi "[(i % 10)..((i % 10) + 1)]) { MessageId = i == 0 ? first : later })];
        CostTracker tracker = Tracker();
        using IChatClient client = Pipeline(new ScriptedChatClient().Enqueue(ScriptedReply.Stream(pieces)), tracker);
        using ReceiptCapture capture = CallReceipts.Capture();

        await client.AskAsync(streaming: true, options: new ChatOptions { MaxOutputTokens = 100 });

        AttemptReceipt attempt = Assert.Single(Assert.Single(capture.Receipts).Attempts);
        string shown = string.Concat(pieces.Select(piece => piece.Text));
        Assert.Contains(attempt.Usage.OutputTokens, Enumerable.Range(1, pieces.Length).Select(length => (long)TokenCounters.ForModel(attempt.ModelId ?? "").Count(shown.AsSpan(0, length))));
        Assert.InRange(attempt.Usage.OutputTokens, 100, 130);
    }

    [Fact]
    public async Task E2_AStreamThatIsLeftAfterItsLastUsageIsChargedExactlyThat()
    {
        CostTracker tracker = Tracker();
        using IChatClient client = Pipeline(
            new ScriptedChatClient().Enqueue(ScriptedReply.Stream(Part("one two three four five"), UsageOf(100, 2), new ChatResponseUpdate())), tracker);

        await LeaveAfterAsync(client, updates: 2);

        BudgetStatus status = await StatusAsync(tracker);
        Assert.Equal((0.0003m, 0m), (status.Spent, status.Unconfirmed));
    }

    [Theory]
    [InlineData(UnconfirmedCharge.Full, 1_000)]
    [InlineData(UnconfirmedCharge.InputPlusReceived, 2)]
    [InlineData(UnconfirmedCharge.Input, 0)]
    public async Task E3_AStreamThatTheCallerLeavesIsChargedAsThePolicySays(UnconfirmedCharge policy, long output)
    {
        ScriptedChatClient provider = new ScriptedChatClient().Enqueue("one two three four five six");
        CostTracker tracker = Tracker();
        using IChatClient client = Pipeline(provider, tracker, new UnconfirmedPolicy { Stream = policy });
        using ReceiptCapture capture = CallReceipts.Capture();

        await LeaveAfterAsync(client, updates: 1);

        AttemptReceipt attempt = Assert.Single(Assert.Single(capture.Receipts).Attempts);
        Assert.True(attempt.IsUnconfirmed);
        Assert.InRange(attempt.Usage.OutputTokens, output == 2 ? 1 : output, output);
        Assert.True(attempt.Usage.InputTokens > 0);
        Assert.Equal((attempt.Cost.Amount, 0m), ((await StatusAsync(tracker)).Spent, (await StatusAsync(tracker)).Held));
    }

    [Theory]
    [InlineData(UnconfirmedCharge.InputPlusExpected)]
    [InlineData(UnconfirmedCharge.Full)]
    [InlineData(UnconfirmedCharge.Input)]
    public async Task E4_ACallThatIsCancelledAfterItWasSentIsChargedByThePolicyAndNeverForNothing(UnconfirmedCharge policy)
    {
        using var leave = new CancellationTokenSource();
        var provider = new ScriptedChatClient
        {
            Default = ScriptedReply.Text("never").Before((_, _) =>
            {
                leave.Cancel();
                return default;
            }).NeverAnswers(),
        };
        CostTracker tracker = Tracker();
        using IChatClient client = Pipeline(provider, tracker, new UnconfirmedPolicy { Ambiguous = policy });
        using ReceiptCapture capture = CallReceipts.Capture();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
            client.AskAsync(streaming: false, options: new ChatOptions { MaxOutputTokens = 1_000 }, cancellationToken: leave.Token));

        AttemptReceipt attempt = Assert.Single(Assert.Single(capture.Receipts).Attempts);
        Assert.Equal(AttemptOutcome.Cancelled, attempt.Outcome);
        Assert.True(attempt.IsUnconfirmed && attempt.Usage.InputTokens > 0);
        Assert.Equal(policy == UnconfirmedCharge.Input ? 0 : 1_000, attempt.Usage.OutputTokens);
        BudgetStatus budget = await StatusAsync(tracker);
        Assert.True(budget.Spent > 0m);
        Assert.Equal((budget.Spent, 0m), (budget.Unconfirmed, budget.Held));
    }

    [Theory, MemberData(nameof(Modes))]
    public async Task E5_AnAnswerWithoutUsageIsEstimatedAndSaysSo(bool streaming)
    {
        var provider = new ScriptedChatClient { Default = ScriptedReply.Text("one two three four five six").WithoutUsage() };
        CostTracker tracker = Tracker();
        using IChatClient client = Pipeline(provider, tracker);
        using ReceiptCapture capture = CallReceipts.Capture();

        await client.AskAsync(streaming);

        AttemptReceipt attempt = Assert.Single(Assert.Single(capture.Receipts).Attempts);
        Assert.Equal((AttemptOutcome.Answered, true, CostKind.Estimated), (attempt.Outcome, attempt.Usage.IsEstimated, attempt.Cost.Kind));
        Assert.InRange(attempt.Usage.OutputTokens, 6, 12);
        Assert.Equal(attempt.Cost.Amount, (await StatusAsync(tracker)).Spent);
    }

    [Fact]
    public void E6_UsageThatIsToldCumulativelyIsNotAddedUp() =>
        Gen.Select(Gen.Long[1, 10_000], Gen.Long[0, 500].Array[1, 8]).Sample(
            (input, steps) =>
            {
                // Each tells the whole so far, as an Anthropic stream does.
                var updates = new List<ChatResponseUpdate> { Part("one ") };
                long output = 0;
                foreach (long step in steps)
                {
                    output += step;
                    updates.Add(UsageOf(input, output));
                    updates.Add(Part("more "));
                }

                CostTracker tracker = Tracker();
                using IChatClient client = Pipeline(new ScriptedChatClient().Enqueue(ScriptedReply.Stream([.. updates])), tracker);
                client.AskAsync(streaming: true).GetAwaiter().GetResult();
                return StatusAsync(tracker).GetAwaiter().GetResult().Spent == ((input * 1m) + (output * 100m)) / 1_000_000m;
            },
            iter: 200);

    [Fact]
    public async Task E8_TheUsageOfAStreamThatFailedIsAddedToThatOfTheOneThatAnswered()
    {
        ScriptedChatClient provider = new ScriptedChatClient().Enqueue(
            ScriptedReply.Stream(UsageOf(1_000, 10)).ThrowAfterUpdates(1, new HttpRequestException("overloaded", null, HttpStatusCode.ServiceUnavailable)),
            ScriptedReply.Stream(Part("Here."), UsageOf(1_000, 200)));
        CostTracker tracker = Tracker();
        using IChatClient client = new ChatClientBuilder(provider).UseBudget(tracker).UseFallback([new ChatRoute("again", provider)]).Build();

        ChatResponse response = await client.AskAsync(streaming: true);

        Assert.Equal("Here.", response.Text);
        Assert.Equal(2, provider.Calls.Count);
        Assert.Equal(0.002m + 0.021m, (await StatusAsync(tracker)).Spent);
    }

    [Fact]
    public async Task E10_AStreamThatJustEndsIsTruncatedAndChargedForWhatCame()
    {
        ScriptedChatClient provider = new ScriptedChatClient().Enqueue(ScriptedReply.Stream(Part("one "), Part("two"))).AddService(Substitute.For<IChatFailureClassifier>());
        CostTracker tracker = Tracker();
        using IChatClient client = Pipeline(provider, tracker);
        using ReceiptCapture capture = CallReceipts.Capture();

        ChatStreamInterruptedException thrown = await Assert.ThrowsAsync<ChatStreamInterruptedException>(() => client.AskAsync(streaming: true));

        Assert.Equal(ChatFailureKind.Truncated, thrown.Failure.Kind);
        Assert.Equal("one two", thrown.Received.Text);
        AttemptReceipt attempt = Assert.Single(Assert.Single(capture.Receipts).Attempts);
        Assert.True(attempt.IsUnconfirmed && attempt.Usage is { InputTokens: > 0, OutputTokens: > 0 });
        Assert.Equal((attempt.Cost.Amount, 0m), ((await StatusAsync(tracker)).Spent, (await StatusAsync(tracker)).Held));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    [InlineData(19)]
    public async Task E11_WhereverACallerLeavesAStreamItIsChargedForWhatItReceived(int updates)
    {
        ChatResponseUpdate[] words = [.. Enumerable.Range(0, 20).Select(_ => Part("word "))];
        CostTracker tracker = Tracker();
        using IChatClient client = Pipeline(new ScriptedChatClient().Enqueue(ScriptedReply.Stream(words)), tracker);
        using ReceiptCapture capture = CallReceipts.Capture();

        await LeaveAfterAsync(client, updates);

        AttemptReceipt attempt = Assert.Single(Assert.Single(capture.Receipts).Attempts);
        Assert.True(attempt.IsUnconfirmed && attempt.Usage.IsEstimated);
        Assert.InRange(attempt.Usage.OutputTokens, updates, (2 * updates) + 2);
        Assert.Equal(((attempt.Usage.InputTokens * 1m) + (attempt.Usage.OutputTokens * 100m)) / 1_000_000m, (await StatusAsync(tracker)).Spent);
        Assert.Equal(0m, (await StatusAsync(tracker)).Held);
    }

    private static async Task LeaveAfterAsync(IChatClient client, int updates)
    {
        await foreach (ChatResponseUpdate _ in client.GetStreamingResponseAsync("hello", new ChatOptions { MaxOutputTokens = 1_000 }))
        {
            if (--updates == 0)
            {
                return;
            }
        }

        Assert.Fail("the stream ended too early");
    }
}
