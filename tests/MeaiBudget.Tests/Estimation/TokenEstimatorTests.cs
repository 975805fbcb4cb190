using Microsoft.Extensions.AI;
using Microsoft.Extensions.Time.Testing;
using NSubstitute;

namespace MeaiBudget.Tests;

public class TokenEstimatorTests
{
    private static readonly TokenEstimationTarget Gpt4o = new("gpt-4o") { Api = ChatApi.OpenAIChat };

    // Counts that OpenAI's API reported for these requests.
    [Theory]
    [InlineData("gpt-4", "system", "You are a bot.", 12)]
    [InlineData("gpt-4o", "system", "You are a bot.", 12)]
    [InlineData("gpt-4o", "user", "Hello, how are you?", 13)]
    [InlineData("gpt-4o", "user", "á", 8)]
    [InlineData("gpt-5", "user", "a", 7)]
    public async Task OpenAITextIsExact(string model, string role, string text, long tokens)
    {
        TokenEstimate estimate = await Estimate([new ChatMessage(new ChatRole(role), text)], null, new(model) { Api = ChatApi.OpenAIChat });

        Assert.Equal(tokens, estimate.InputTokens);
        Assert.Equal(TokenEstimateSource.Exact, estimate.Source);
        Assert.Equal(estimate.InputTokens, estimate.Breakdown.Total);
    }

    [Fact]
    public async Task InstructionsCountAsASystemMessage()
    {
        TokenEstimate asMessage = await Estimate([new(ChatRole.System, "Be brief."), new(ChatRole.User, "Hi")], null, Gpt4o);
        TokenEstimate asInstructions = await Estimate([new(ChatRole.User, "Hi")], new ChatOptions { Instructions = "Be brief." }, Gpt4o);

        Assert.Equal(asMessage.InputTokens, asInstructions.InputTokens);
    }

    [Fact]
    public async Task PartsOfATextCountAsOneText()
    {
        TokenEstimate parts = await Estimate([new(ChatRole.User, [new TextContent("What is in this file?"), new TextContent("<file>x</file>")])], null, Gpt4o);
        TokenEstimate whole = await Estimate([new(ChatRole.User, "What is in this file?<file>x</file>")], null, Gpt4o);

        Assert.Equal(whole.InputTokens, parts.InputTokens);
    }

    [Fact]
    public async Task ReasoningModelsCountEarlierAnswersWithTheirChannel()
    {
        ChatMessage[] messages = [new(ChatRole.User, "a"), new(ChatRole.Assistant, "b"), new(ChatRole.User, "c")];

        long plain = (await Estimate(messages, null, Gpt4o)).InputTokens;
        long reasoning = (await Estimate(messages, null, new("gpt-5") { Api = ChatApi.OpenAIChat })).InputTokens;

        Assert.Equal(plain - 1 + 2, reasoning);
    }

    [Fact]
    public async Task WhatCannotBeSeenIsFlagged()
    {
        var options = new ChatOptions { ConversationId = "c", Tools = [new HostedWebSearchTool()], RawRepresentationFactory = _ => new object() };
        TokenEstimate estimate = await Estimate([new(ChatRole.User, [new HostedFileContent("file-1"), new UriContent("https://example.com/a.png", "image/png"), new AIContent()])], options, Gpt4o);

        Assert.Equal(
            TokenEstimateFlags.ServerSideHistory | TokenEstimateFlags.ServerTools | TokenEstimateFlags.RawRequest
            | TokenEstimateFlags.HostedFiles | TokenEstimateFlags.UnknownMediaSize | TokenEstimateFlags.UnknownContent,
            estimate.Flags);
        Assert.True(estimate.IsUnbounded);
        Assert.NotEqual(TokenEstimateSource.Exact, estimate.Source);
        Assert.True(estimate.InputUpperBound >= estimate.InputTokens);
    }

    [Fact]
    public async Task MessagesAreEnumeratedOnceAndNothingIsChanged()
    {
        int enumerations = 0;
        IEnumerable<ChatMessage> Once()
        {
            Assert.Equal(1, ++enumerations);
            yield return new ChatMessage(ChatRole.User, "Hi");
        }

        var options = new ChatOptions { Instructions = "x", MaxOutputTokens = 5 };
        TokenEstimate estimate = await new TokenEstimator().EstimateAsync(Once(), options, Gpt4o);

        Assert.Equal(5, estimate.MaxOutputTokens);
        Assert.Null(options.ModelId);
        Assert.Null(options.AdditionalProperties);
    }

    [Fact]
    public async Task AConversationThatGrewByOneMessageCountsThatMessageOnly()
    {
        var counter = new RecordingCounter("recording-growth");
        TokenCounters.Register("recording-growth-model", counter);
        var estimator = new TokenEstimator();
        var target = new TokenEstimationTarget("recording-growth-model") { Api = ChatApi.OpenAIChat };
        List<ChatMessage> messages = [.. Enumerable.Range(0, 49).Select(index => new ChatMessage(ChatRole.User, $"message {index} " + new string('x', 40)))];
        await estimator.EstimateAsync(messages, null, target);
        counter.Texts.Clear();

        messages.Add(new ChatMessage(ChatRole.User, "the new one"));
        await estimator.EstimateAsync(messages, null, target);

        Assert.Equal(["the new one"], counter.Texts);
    }

    [Fact]
    public async Task AnUnchangedSetOfToolsIsCountedOnce()
    {
        var counter = new RecordingCounter("recording-tools");
        TokenCounters.Register("recording-tools-model", counter);
        var estimator = new TokenEstimator();
        var target = new TokenEstimationTarget("recording-tools-model") { Api = ChatApi.OpenAIChat };
        AITool[] tools = [AIFunctionFactory.Create((string city) => city, "get_weather", "Gets the weather.")];
        ChatMessage[] messages = [new(ChatRole.User, "hi")];
        TokenEstimate first = await estimator.EstimateAsync(messages, new ChatOptions { Tools = [.. tools] }, target);
        counter.Texts.Clear();

        TokenEstimate second = await estimator.EstimateAsync(messages, new ChatOptions { Tools = [.. tools] }, target);

        Assert.Empty(counter.Texts);
        Assert.Equal(first.InputTokens, second.InputTokens);
    }

    [Fact]
    public async Task J2_AProviderIsAskedOnlyWhenWanted()
    {
        IChatTokenCounter endpoint = Substitute.For<IChatTokenCounter>();
        endpoint.CountTokensAsync(default!, default, default).ReturnsForAnyArgs(777L);
        TokenEstimationTarget target = TargetWith(endpoint);
        ChatMessage[] messages = [new(ChatRole.User, "hi")];

        Assert.NotEqual(777, (await new TokenEstimator().EstimateAsync(messages, null, target)).InputTokens);
        await endpoint.DidNotReceiveWithAnyArgs().CountTokensAsync(default!, default, default);

        TokenEstimate asked = await new TokenEstimator(new() { CountMode = TokenCountMode.Provider }).EstimateAsync(messages, null, target);
        Assert.Equal((777, TokenEstimateSource.Provider), (asked.InputTokens, asked.Source));
        Assert.True(asked.InputUpperBound >= 777);

        endpoint.ClearReceivedCalls();
        TokenEstimate certain = await new TokenEstimator(new() { CountMode = TokenCountMode.ProviderWhenUncertain }).EstimateAsync(messages, null, target);
        Assert.Equal(TokenEstimateSource.Exact, certain.Source);
        await endpoint.DidNotReceiveWithAnyArgs().CountTokensAsync(default!, default, default);

        TokenEstimate uncertain = await new TokenEstimator(new() { CountMode = TokenCountMode.ProviderWhenUncertain })
            .EstimateAsync(messages, new ChatOptions { ConversationId = "c" }, target);
        Assert.Equal(TokenEstimateSource.Provider, uncertain.Source);
    }

    [Fact]
    public async Task AnAnswerOfTheProviderIsRemembered()
    {
        IChatTokenCounter endpoint = Substitute.For<IChatTokenCounter>();
        endpoint.CountTokensAsync(default!, default, default).ReturnsForAnyArgs(777L);
        TokenEstimationTarget target = TargetWith(endpoint);
        var estimator = new TokenEstimator(new() { CountMode = TokenCountMode.Provider });

        await estimator.EstimateAsync([new(ChatRole.User, "hi")], null, target);
        TokenEstimate again = await estimator.EstimateAsync([new(ChatRole.User, "hi")], null, target);
        Assert.Equal(777, again.InputTokens);
        await endpoint.ReceivedWithAnyArgs(1).CountTokensAsync(default!, default, default);

        await estimator.EstimateAsync([new(ChatRole.User, "ho")], null, target);
        await endpoint.ReceivedWithAnyArgs(2).CountTokensAsync(default!, default, default);
    }

    [Fact]
    public async Task AFailingEndpointNeverFailsTheCall()
    {
        IChatTokenCounter endpoint = Substitute.For<IChatTokenCounter>();
        endpoint.CountTokensAsync(default!, default, default).ReturnsForAnyArgs<long?>(_ => throw new HttpRequestException("down"));

        TokenEstimate estimate = await new TokenEstimator(new() { CountMode = TokenCountMode.Provider }).EstimateAsync([new(ChatRole.User, "hi")], null, TargetWith(endpoint));

        Assert.Equal(TokenEstimateSource.Exact, estimate.Source);
    }

    [Fact]
    public async Task ASlowEndpointIsGivenUpAtTheDeadline()
    {
        IChatTokenCounter endpoint = Substitute.For<IChatTokenCounter>();
        endpoint.CountTokensAsync(default!, default, default).ReturnsForAnyArgs(new TaskCompletionSource<long?>().Task);
        var time = new FakeTimeProvider();
        var estimator = new TokenEstimator(new() { CountMode = TokenCountMode.Provider, CountTimeout = TimeSpan.FromSeconds(3), TimeProvider = time });

        ValueTask<TokenEstimate> pending = estimator.EstimateAsync([new(ChatRole.User, "hi")], null, TargetWith(endpoint));
        Assert.False(pending.IsCompleted);
        time.Advance(TimeSpan.FromSeconds(3));

        Assert.Equal(TokenEstimateSource.Exact, (await pending).Source);
    }

    [Fact]
    public async Task TheCallersCancellationIsNotSwallowed()
    {
        IChatTokenCounter endpoint = Substitute.For<IChatTokenCounter>();
        endpoint.CountTokensAsync(default!, default, default).ReturnsForAnyArgs(new TaskCompletionSource<long?>().Task);
        using var cancellation = new CancellationTokenSource();
        ValueTask<TokenEstimate> pending = new TokenEstimator(new() { CountMode = TokenCountMode.Provider })
            .EstimateAsync([new(ChatRole.User, "hi")], null, TargetWith(endpoint), cancellation.Token);

        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await pending);
    }

    [Fact]
    public void OptionsOutOfRangeAreRefused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new TokenEstimator(new() { CountTimeout = TimeSpan.Zero }));
        Assert.Throws<ArgumentOutOfRangeException>(() => new TokenEstimator(new() { LearningCapacity = 0 }));
    }

    private static ValueTask<TokenEstimate> Estimate(IEnumerable<ChatMessage> messages, ChatOptions? options, TokenEstimationTarget target) =>
        new TokenEstimator().EstimateAsync(messages, options, target);

    private static TokenEstimationTarget TargetWith(IChatTokenCounter endpoint)
    {
        IChatClient client = Substitute.For<IChatClient>();
        client.GetService(typeof(IChatTokenCounter)).Returns(endpoint);
        return new TokenEstimationTarget("gpt-4o", Client: client) { Api = ChatApi.OpenAIChat };
    }

    private sealed class RecordingCounter(string name) : ITokenCounter
    {
        public List<string> Texts { get; } = [];

        public string Name => name;

        public int Count(ReadOnlySpan<char> text)
        {
            Texts.Add(text.ToString());
            return text.Length;
        }
    }
}
