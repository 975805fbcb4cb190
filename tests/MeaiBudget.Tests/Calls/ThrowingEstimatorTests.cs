using MeaiBudget.Testing;
using Microsoft.Extensions.AI;

namespace MeaiBudget.Tests;

/// <summary>An estimator may be application code. If it throws during a settlement, the settlement must still be complete.</summary>
public sealed class ThrowingEstimatorTests
{
    private readonly CountedBudget _budget = new("day");

    [Theory, MemberData(nameof(StreamModes.Both), MemberType = typeof(StreamModes))]
    public async Task WhatLearningThrowsCostsNeitherTheAnswerNorItsSettlement(bool streaming)
    {
        var provider = new ScriptedChatClient();
        using IChatClient client = Pipeline(provider, UnconfirmedCharge.Full);

        ChatResponse response = await client.AskAsync(streaming, cancellationToken: TestContext.Current.CancellationToken);

        Assert.NotEmpty(response.Text);
        Assert.Single(provider.Calls);
        _budget.AssertBalanced(1);
    }

    [Theory, MemberData(nameof(StreamModes.Both), MemberType = typeof(StreamModes))]
    public async Task WhatAnExpectationThrowsLeavesAFailedAttemptCharged(bool streaming)
    {
        var provider = new ScriptedChatClient { Default = ScriptedReply.Throw(new TimeoutException("lost")) };
        using IChatClient client = Pipeline(provider, UnconfirmedCharge.InputPlusExpected);

        await Assert.ThrowsAsync<TimeoutException>(() => client.AskAsync(streaming, cancellationToken: TestContext.Current.CancellationToken));

        _budget.AssertBalanced(1);
        Assert.True((await _budget.Tracker.GetStatusAsync("day", cancellationToken: TestContext.Current.CancellationToken)).Spent > 0m);
    }

    private IChatClient Pipeline(IChatClient provider, UnconfirmedCharge unconfirmed) => new ChatClientBuilder(provider)
        .UseTokenEstimation(new ThrowingEstimator())
        .UseBudget(_budget.Tracker, options => options.Unconfirmed = new UnconfirmedPolicy { Ambiguous = unconfirmed, Stream = unconfirmed })
        .Build();

    private sealed class ThrowingEstimator : ITokenEstimator
    {
        public ValueTask<TokenEstimate> EstimateAsync(
            IEnumerable<ChatMessage> messages, ChatOptions? options, TokenEstimationTarget target, CancellationToken cancellationToken = default) =>
            new(new TokenEstimate(10, 20, TokenEstimateSource.Heuristic));

        public void Learn(TokenEstimate estimate, TokenEstimationTarget target, in BillableUsage reported) =>
            throw new InvalidOperationException("The model of the estimates is not there.");

        public long? ExpectedOutputTokens(TokenEstimationTarget target) => throw new InvalidOperationException("Nor the one of the answers.");
    }
}
