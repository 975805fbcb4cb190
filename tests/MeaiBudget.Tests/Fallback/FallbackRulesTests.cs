using System.Net;
using MeaiBudget.Testing;
using Microsoft.Extensions.AI;
using NSubstitute;

namespace MeaiBudget.Tests;

/// <summary>The order of the candidates, the reasons to skip one, and the request that each receives.</summary>
public sealed class FallbackRulesTests
{
    public static TheoryData<bool> Modes => StreamModes.Both;

    private static HttpRequestException Failure(HttpStatusCode status = HttpStatusCode.BadGateway) => new("no", null, status);

    private static ScriptedReply Failing(ChatFailureKind kind)
    {
        var exception = new InvalidOperationException(kind.ToString());
        ChatFailures.Attach(exception, new ChatFailure(kind, ChatFailurePhase.Rejected));
        return ScriptedReply.Throw(exception);
    }

    [Theory, MemberData(nameof(Modes))]
    public async Task G1_EachCandidateIsVisitedOnceWhateverThePolicySays(bool streaming)
    {
        var primary = new ScriptedChatClient("a") { Default = ScriptedReply.Throw(Failure()) };
        var alternate = new ScriptedChatClient("b") { Default = ScriptedReply.Throw(Failure()) };
        IFallbackPolicy policy = Substitute.For<IFallbackPolicy>();
        policy.Order(default!, default!, default).ReturnsForAnyArgs(call => [.. call.Arg<IReadOnlyList<ChatRoute>>(), .. call.Arg<IReadOnlyList<ChatRoute>>()]);
        policy.MayMoveOn(default!, default!, default!).ReturnsForAnyArgs(true);
        using var client = new FallbackChatClient(primary, [new ChatRoute("b", alternate)], new FallbackOptions { Policy = policy });

        await Assert.ThrowsAsync<FallbackExhaustedException>(() => client.AskAsync(streaming));

        Assert.Equal((1, 1), (primary.Calls.Count, alternate.Calls.Count));
    }

    [Fact]
    public void G1_TwoRoutesOfOneNameAreRefusedWhenThePipelineIsBuilt() =>
        Assert.Throws<ArgumentException>(() => new FallbackChatClient(
            new ScriptedChatClient("a"), [new ChatRoute("b", new ScriptedChatClient("b")), new ChatRoute("b", new ScriptedChatClient("c"))]));

    [Fact]
    public async Task RoutesOfThePrimarysClassComeFirstAndLocalOnesLast()
    {
        ScriptedChatClient Down(string model) => new(model) { Default = ScriptedReply.Throw(Failure()) };
        using var client = new FallbackChatClient(
            Down("a"),
            [
                new ChatRoute("local", Down("l")) { IsLocal = true },
                new ChatRoute("any", Down("n")),
                new ChatRoute("small", Down("s")) { ModelClass = "small" },
                new ChatRoute("smart-2", Down("b")) { ModelClass = "smart" },
                new ChatRoute("smart-3", Down("c")) { ModelClass = "smart" },
            ],
            new FallbackOptions { PrimaryName = "primary", PrimaryModelClass = "smart" });

        FallbackExhaustedException thrown = await Assert.ThrowsAsync<FallbackExhaustedException>(() => client.AskAsync(streaming: false));

        Assert.Equal(["primary", "smart-2", "smart-3", "any", "local", "small"], thrown.Attempts.Select(attempt => attempt.Route));
        Assert.Equal(
            (AttemptOutcome.Skipped, "the policy leaves it out: its class is 'small', the primary's 'smart'"),
            (thrown.Attempts[^1].Outcome, thrown.Attempts[^1].SkipReason));
    }

    [Theory, MemberData(nameof(StreamModes.Both), MemberType = typeof(StreamModes))]
    public async Task AFailureThatNobodyElseMayAnswerNamesWhoWasLeftOut(bool streaming)
    {
        using var client = new FallbackChatClient(
            new ScriptedChatClient("a") { Default = ScriptedReply.Throw(Failure()) },
            [new ChatRoute("small", new ScriptedChatClient("s")) { ModelClass = "small" }],
            new FallbackOptions { PrimaryModelClass = "smart" });

        HttpRequestException thrown = await Assert.ThrowsAsync<HttpRequestException>(() => client.AskAsync(streaming));

        Assert.True(thrown.TryGetReceipt(out CallReceipt? receipt));
        Assert.Equal([AttemptOutcome.Failed, AttemptOutcome.Skipped], receipt.Attempts.Select(attempt => attempt.Outcome));
        Assert.Contains("small: skipped, the policy leaves it out", receipt.Explain(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task G5_UpdatesWithoutContentAreHeldBackSoThatALateFailureMovesOnUnseen()
    {
        ScriptedChatClient primary = new ScriptedChatClient("a").Enqueue(ScriptedReply.Stream(
            new ChatResponseUpdate { Role = ChatRole.Assistant, ResponseId = "failing" },
            new ChatResponseUpdate { ResponseId = "failing" }).ThrowAfterUpdates(2, Failure()));
        ScriptedChatClient alternate = new ScriptedChatClient("b").Enqueue("Here.");
        using IChatClient client = new ChatClientBuilder(primary).UseFallback(alternate).Build();

        List<ChatResponseUpdate> updates = await client.GetStreamingResponseAsync("hello").ToListAsync();

        Assert.DoesNotContain(updates, update => update.ResponseId == "failing");
        Assert.Equal("Here.", updates.ToChatResponse().Text);
    }

    [Fact]
    public async Task G6_TheHoldingBackAppliesToEveryCandidate()
    {
        ScriptedChatClient Failing(string id) => new ScriptedChatClient(id).Enqueue(
            ScriptedReply.Stream(new ChatResponseUpdate { ResponseId = "failing" }).ThrowAfterUpdates(1, Failure()));
        ScriptedChatClient last = new ScriptedChatClient("c").Enqueue("Here.");
        using IChatClient client = new ChatClientBuilder(Failing("a")).UseFallback(Failing("b"), last).Build();

        List<ChatResponseUpdate> updates = await client.GetStreamingResponseAsync("hello").ToListAsync();

        Assert.DoesNotContain(updates, update => update.ResponseId == "failing");
    }

    [Fact]
    public async Task G5_AClientThatThrowsBeforeThereIsAStreamMovesOn()
    {
        IChatClient primary = Substitute.For<IChatClient>();
        primary.GetStreamingResponseAsync(default!).ReturnsForAnyArgs<IAsyncEnumerable<ChatResponseUpdate>>(_ => throw Failure());
        using IChatClient client = new ChatClientBuilder(primary).UseFallback(new ScriptedChatClient("b").Enqueue("Here.")).Build();

        Assert.Equal("Here.", (await client.AskAsync(streaming: true)).Text);
    }

    [Theory, MemberData(nameof(Modes))]
    public async Task G7_AnErrorOnTheFirstUpdateOfAGoodStatusMovesOn(bool streaming)
    {
        ScriptedChatClient primary = new ScriptedChatClient("a").Enqueue(Failing(ChatFailureKind.Overloaded));
        using IChatClient client = new ChatClientBuilder(primary).UseFallback(new ScriptedChatClient("b").Enqueue("Here.")).Build();

        Assert.Equal("Here.", (await client.AskAsync(streaming)).Text);
    }

    [Theory, MemberData(nameof(Modes))]
    public async Task G8_AnAlternateIsSentNothingThatOnlyThePrimaryUnderstands(bool streaming)
    {
        var primary = new ScriptedChatClient("a") { Default = ScriptedReply.Throw(Failure()) };
        var alternate = new ScriptedChatClient("b");
        using var client = new FallbackChatClient(
            primary, [new ChatRoute("b", alternate) { ModelId = "b-1", MaxOutputTokens = 4_000, RejectsTemperature = true }]);
        var options = new ChatOptions
        {
            ModelId = "a-1",
            Temperature = 0.2f,
            MaxOutputTokens = 100_000,
            Tools = [new HostedWebSearchTool(), AIFunctionFactory.Create(() => 1, "one")],
            RawRepresentationFactory = _ => new object(),
        };
        var thinking = new ChatMessage(ChatRole.Assistant, [new TextReasoningContent("hm") { ProtectedData = "signature" }, new TextContent("Well.")]);

        await client.AskAsync(streaming, [new ChatMessage(ChatRole.User, "hi"), thinking, new ChatMessage(ChatRole.User, "go on")], options);

        ScriptedChatCall sent = Assert.Single(alternate.Calls);
        Assert.Equal(("b-1", (int?)4_000, (float?)null), (sent.Options!.ModelId, sent.Options.MaxOutputTokens, sent.Options.Temperature));
        Assert.Null(sent.Options.RawRepresentationFactory);
        Assert.Equal("one", Assert.Single(sent.Options.Tools!).Name);
        Assert.DoesNotContain(sent.Messages.SelectMany(message => message.Contents), content => content is TextReasoningContent);
        Assert.Equal(2, thinking.Contents.Count);
        Assert.Equal((100_000, 2), (options.MaxOutputTokens, options.Tools.Count));
    }

    [Theory, MemberData(nameof(Modes))]
    public async Task G9_ACandidateWhoseWindowIsTooSmallIsSkipped(bool streaming)
    {
        var primary = new ScriptedChatClient("a") { Default = ScriptedReply.Throw(Failure()) };
        var small = new ScriptedChatClient("b");
        ScriptedChatClient large = new ScriptedChatClient("c").Enqueue("Here.");
        using var client = new FallbackChatClient(
            primary, [new ChatRoute("small", small) { ContextWindow = 100 }, new ChatRoute("large", large) { ContextWindow = 100_000 }]);
        using ReceiptCapture capture = CallReceipts.Capture();

        Assert.Equal("Here.", (await client.AskAsync(streaming, string.Join(' ', Enumerable.Repeat("word", 1_000)))).Text);

        Assert.Empty(small.Calls);
        AttemptReceipt skipped = Assert.Single(capture.Receipts).Attempts[1];
        Assert.Equal(AttemptOutcome.Skipped, skipped.Outcome);
        Assert.Contains("window", skipped.SkipReason, StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(Modes))]
    public async Task G9_TheWindowIsComparedWithWhatTheCandidateWouldBeSent(bool streaming)
    {
        var primary = new ScriptedChatClient("a") { Default = ScriptedReply.Throw(Failure()) };
        ScriptedChatClient small = new ScriptedChatClient("b").Enqueue("Here.");
        using var client = new FallbackChatClient(primary, [new ChatRoute("small", small) { ContextWindow = 8_192, MaxOutputTokens = 4_096 }]);

        Assert.Equal("Here.", (await client.AskAsync(streaming, options: new ChatOptions { MaxOutputTokens = 32_000 })).Text);

        Assert.Equal(4_096, small.Calls[0].Options!.MaxOutputTokens);
    }

    [Fact]
    public async Task G9_AContextErrorGoesToALargerWindowOnly()
    {
        var primary = new ScriptedChatClient("a") { Default = Failing(ChatFailureKind.ContextLengthExceeded) };
        var same = new ScriptedChatClient("b");
        ScriptedChatClient larger = new ScriptedChatClient("c").Enqueue("Here.");
        using var client = new FallbackChatClient(
            primary,
            [new ChatRoute("same", same) { ContextWindow = 8_000 }, new ChatRoute("larger", larger) { ContextWindow = 200_000 }],
            new FallbackOptions { PrimaryContextWindow = 8_000 });

        Assert.Equal("Here.", (await client.AskAsync(streaming: false)).Text);
        Assert.Empty(same.Calls);
    }

    [Theory]
    [InlineData("gemini-2.5-pro", 1)]
    [InlineData("gpt-4", 0)]
    [InlineData("known-to-nobody", 0)]
    public async Task G9_WhereNoWindowIsStatedTheCatalogsDecidesWhichIsLarger(string alternateModel, int calls)
    {
        var primary = new ScriptedChatClient("gpt-4o", "openai") { Default = Failing(ChatFailureKind.ContextLengthExceeded) };
        var alternate = new ScriptedChatClient(alternateModel, alternateModel == "gemini-2.5-pro" ? "gemini" : "openai");
        using IChatClient client = new ChatClientBuilder(primary).UseFallback(alternate).Build();

        Exception? failure = await Record.ExceptionAsync(() => client.AskAsync(streaming: false));

        Assert.Equal(calls, alternate.Calls.Count);
        Assert.Equal(calls == 0, failure is InvalidOperationException);
    }

    [Theory]
    [InlineData("elsewhere", AttemptOutcome.Skipped)]
    [InlineData("scripted", AttemptOutcome.Answered)]
    public async Task G8_AFileThatThePrimarysProviderKeepsIsNotAskedOfAnother(string provider, AttemptOutcome outcome)
    {
        var primary = new ScriptedChatClient("a") { Default = ScriptedReply.Throw(Failure()) };
        var alternate = new ScriptedChatClient("b", provider);
        using IChatClient client = new ChatClientBuilder(primary).UseFallback(alternate).Build();
        using ReceiptCapture capture = CallReceipts.Capture();

        await Record.ExceptionAsync(() => client.AskAsync(
            streaming: false, [new ChatMessage(ChatRole.User, [new TextContent("Sum it up."), new HostedFileContent("file-1")])]));

        Assert.Equal(outcome, Assert.Single(capture.Receipts).Attempts[^1].Outcome);
        Assert.Equal(outcome == AttemptOutcome.Answered ? 1 : 0, alternate.Calls.Count);
    }

    [Fact]
    public void ARouteThatCannotWorkIsRefusedWhenItIsMade()
    {
        var client = new ScriptedChatClient();
        Assert.Throws<ArgumentOutOfRangeException>("MaxConcurrency", () => new ChatRoute("a", client) { MaxConcurrency = 0 });
        Assert.Throws<ArgumentOutOfRangeException>("ContextWindow", () => new ChatRoute("a", client) { ContextWindow = 0 });
        Assert.Throws<ArgumentOutOfRangeException>("MaxOutputTokens", () => new ChatRoute("a", client) { MaxOutputTokens = -1 });
        Assert.Throws<ArgumentOutOfRangeException>("ConsecutiveFailures", () => new ChatRoute("a", client) { Circuit = new CircuitOptions { ConsecutiveFailures = 0 } });
        Assert.Throws<ArgumentNullException>("Circuit", () => new ChatRoute("a", client) { Circuit = null! });
        Assert.Throws<ArgumentException>("alternates", () => new FallbackChatClient(client, [null!]));
    }

    [Theory]
    [InlineData(ChatFailureKind.InvalidRequest)]
    [InlineData(ChatFailureKind.ContentFiltered)]
    public async Task F7_WhatAnotherProviderShouldNotBeShownEndsTheCall(ChatFailureKind kind)
    {
        var primary = new ScriptedChatClient("a") { Default = Failing(kind) };
        var alternate = new ScriptedChatClient("b");
        using IChatClient client = new ChatClientBuilder(primary).UseRetry().UseFallback(alternate).Build();

        await Assert.ThrowsAsync<InvalidOperationException>(() => client.AskAsync(streaming: false));

        Assert.Equal((1, 0), (primary.Calls.Count, alternate.Calls.Count));
    }

    [Fact]
    public async Task F7_AContentFilterMovesOnWhereThatIsConfigured()
    {
        var primary = new ScriptedChatClient("a") { Default = Failing(ChatFailureKind.ContentFiltered) };
        using var client = new FallbackChatClient(
            primary,
            [new ChatRoute("b", new ScriptedChatClient("b").Enqueue("Here."))],
            new FallbackOptions { Policy = new FallbackPolicy(contentFilteredMovesOn: true) });

        Assert.Equal("Here.", (await client.AskAsync(streaming: false)).Text);
    }

    [Theory, MemberData(nameof(Modes))]
    public async Task G10_TheReceiptSaysWhoAnsweredInsteadOfWhom(bool streaming)
    {
        var primary = new ScriptedChatClient("a") { Default = ScriptedReply.Throw(Failure()) };
        var alternate = new ScriptedChatClient("b") { Default = ScriptedReply.Text("Here.").WithModelId("b-2026-01-01") };
        using IChatClient client = new ChatClientBuilder(primary).UseFallback(alternate).Build();
        using ReceiptCapture capture = CallReceipts.Capture();

        ChatResponse response = await client.AskAsync(streaming);

        CallReceipt receipt = Assert.Single(capture.Receipts);
        Assert.True(receipt.WasSubstituted);
        Assert.True(streaming || response.WasSubstituted());
        Assert.Equal(("b", "b-2026-01-01"), (receipt.Answer!.ModelId, receipt.Answer.ResponseModelId));
    }

    [Fact]
    public async Task G11_AnAttemptThatFailedAfterItsUsageWasReportedIsChargedThoughAnotherAnswered()
    {
        ScriptedChatClient failing = new ScriptedChatClient("a").Enqueue(ScriptedReply.Stream(
            new ChatResponseUpdate(ChatRole.Assistant, [new UsageContent(new UsageDetails { InputTokenCount = 0, OutputTokenCount = 1_000 })]))
            .ThrowAfterUpdates(1, Failure()));
        var answering = new ScriptedChatClient("b") { Default = ScriptedReply.Text("Here.").WithUsage(0, 100) };
        var price = ModelPrice.PerMillionTokens(0m, 100m);
        var tracker = new CostTracker([Budget.Daily("day", 10m)], PriceCatalog.Empty.With("a", price).With("b", price));
        using IChatClient client = new ChatClientBuilder(failing).UseBudget(tracker).UseFallback(answering).Build();

        Assert.Equal("Here.", (await client.AskAsync(streaming: true)).Text);

        Assert.Equal(0.11m, Assert.Single(await tracker.GetStatusAsync()).Spent);
    }

    [Theory, MemberData(nameof(Modes))]
    public async Task G12_AnObserverThatThrowsBreaksNothing(bool streaming)
    {
        ICallObserver observer = Substitute.For<ICallObserver>();
        observer.WhenForAnyArgs(o => o.OnCall(default!)).Throw(new InvalidOperationException("broken"));
        observer.WhenForAnyArgs(o => o.OnAttempt(default!)).Throw(new InvalidOperationException("broken"));
        using var client = new FallbackChatClient(new ScriptedChatClient("a"), null, null, new CallLayerSetup(TimeProvider.System, [observer]));

        Assert.NotEmpty((await client.AskAsync(streaming)).Text);
        observer.ReceivedWithAnyArgs(1).OnCall(default!);
    }

    [Theory, MemberData(nameof(Modes))]
    public async Task APinnedRequestIsAnsweredByThePrimaryOrNotAtAll(bool streaming)
    {
        var primary = new ScriptedChatClient("a") { Default = ScriptedReply.Throw(Failure()) };
        var alternate = new ScriptedChatClient("b");
        using IChatClient client = new ChatClientBuilder(primary).UseFallback(alternate).Build();

        await Assert.ThrowsAsync<HttpRequestException>(() => client.AskAsync(streaming, options: new ChatOptions().PinModel()));

        Assert.Empty(alternate.Calls);
    }

    [Theory, MemberData(nameof(Modes))]
    public async Task ARequiredTagLeavesOutRoutesThatLackIt(bool streaming)
    {
        var primary = new ScriptedChatClient("a");
        var elsewhere = new ScriptedChatClient("b");
        ScriptedChatClient europe = new ScriptedChatClient("c").Enqueue("From Europe.");
        using var client = new FallbackChatClient(
            primary, [new ChatRoute("elsewhere", elsewhere), new ChatRoute("europe", europe) { Tags = ["eu"] }]);

        Assert.Equal("From Europe.", (await client.AskAsync(streaming, options: new ChatOptions().RequireTags("eu"))).Text);
        Assert.Empty(primary.Calls);
        Assert.Empty(elsewhere.Calls);
    }

    [Theory, MemberData(nameof(Modes))]
    public async Task ARequiredTagThatNobodyCanCheckSendsNothing(bool streaming)
    {
        var provider = new ScriptedChatClient("a");
        using IChatClient client = new ChatClientBuilder(provider).UseRetry().Build();

        InvalidOperationException thrown = await Assert.ThrowsAsync<InvalidOperationException>(
            () => client.AskAsync(streaming, options: new ChatOptions().RequireTags("eu")));

        Assert.Contains("'eu'", thrown.Message, StringComparison.Ordinal);
        Assert.Empty(provider.Calls);
    }

    [Theory, MemberData(nameof(Modes))]
    public async Task G8_ToolsAreNotDemandedOfAnAlternateThatGetsNone(bool streaming)
    {
        var primary = new ScriptedChatClient("a") { Default = ScriptedReply.Throw(Failure()) };
        var alternate = new ScriptedChatClient("b");
        using IChatClient client = new ChatClientBuilder(primary).UseFallback(alternate).Build();
        var options = new ChatOptions { Tools = [new HostedWebSearchTool()], ToolMode = ChatToolMode.RequireAny };

        await client.AskAsync(streaming, options: options);

        ChatOptions sent = Assert.Single(alternate.Calls).Options!;
        Assert.Null(sent.Tools);
        Assert.Null(sent.ToolMode);
        Assert.Equal(ChatToolMode.RequireAny, options.ToolMode);
    }

    [Theory, MemberData(nameof(Modes))]
    public async Task WhatOneClientCannotSayIsAskedOfAnother(bool streaming)
    {
        var primary = new ScriptedChatClient("a") { Default = ScriptedReply.Throw(new NotSupportedException("no such content")) };
        using IChatClient client = new ChatClientBuilder(primary).UseRetry().UseFallback(new ScriptedChatClient("b").Enqueue("Here.")).Build();

        Assert.Equal("Here.", (await client.AskAsync(streaming)).Text);
        Assert.Single(primary.Calls);
    }

    [Theory, MemberData(nameof(Modes))]
    public async Task ALogicalModelNameIsMappedForEachRoute(bool streaming)
    {
        var primary = new ScriptedChatClient("a") { Default = ScriptedReply.Throw(Failure()) };
        var alternate = new ScriptedChatClient("b");
        using var client = new FallbackChatClient(
            primary,
            [new ChatRoute("b", alternate) { ModelMap = new Dictionary<string, string> { ["smart"] = "b-large" } }],
            new FallbackOptions { PrimaryModelMap = new Dictionary<string, string> { ["smart"] = "a-large" } });

        await client.AskAsync(streaming, options: new ChatOptions { ModelId = "smart" });

        Assert.Equal(("a-large", "b-large"), (primary.Calls[0].ModelId, alternate.Calls[0].ModelId));
    }

    [Fact]
    public async Task ARouteThatTakesFewAtATimeMakesTheOthersWait()
    {
        int running = 0;
        int most = 0;
        var local = new ScriptedChatClient("l")
        {
            Default = ScriptedReply.Text("Here.").Before(async (_, _) =>
            {
                int now = Interlocked.Increment(ref running);
                InterlockedMax(ref most, now);
                await Task.Yield();
                Interlocked.Decrement(ref running);
            }),
        };
        var route = new ChatRoute("local", local) { IsLocal = true, MaxConcurrency = 2 };
        using var client = new FallbackChatClient(local, null, new FallbackOptions { Primary = route });

        await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => Task.Run(() => client.AskAsync(streaming: false))));

        Assert.InRange(most, 1, 2);
    }

    private static void InterlockedMax(ref int target, int value)
    {
        int seen;
        while (value > (seen = Volatile.Read(ref target)) && Interlocked.CompareExchange(ref target, value, seen) != seen)
        {
        }
    }
}
