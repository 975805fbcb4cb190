using MeaiBudget.Testing;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Caching.Distributed;
using NSubstitute;

namespace MeaiBudget.Tests;

/// <summary>A tool loop that would go on for long, on a run of ten cents.</summary>
public sealed class ToolLoopTests
{
    private const int Iterations = 40;

    private static readonly PriceCatalog Prices = PriceCatalog.Empty.With("scripted-model", ModelPrice.PerMillionTokens(0.5m, 10m));

    private readonly IDistributedCache _storage = Substitute.For<IDistributedCache>();
    private readonly CostTracker _tracker = new([Budget.Daily("day", null)], Prices);

    public ToolLoopTests() => _storage.GetAsync(default!).ReturnsForAnyArgs((byte[]?)null);

    public static TheoryData<bool> Modes => StreamModes.Both;

    [Theory, MemberData(nameof(Modes))]
    public async Task ALoopOfFortyRoundsIsWrappedUpInATextAnswerThatTheCacheDoesNotStore(bool streaming)
    {
        int looked = 0;
        var provider = new ScriptedChatClient { Default = Rounds() };
        using IChatClient client = Pipeline(provider);
        using var run = BudgetRun.Begin("loop", 0.10m, _tracker);

        ChatResponse response = await client.AskAsync(streaming, options: Options(() => $"result {++looked}"));

        Assert.EndsWith("This is what I found.", response.Text, StringComparison.Ordinal);
        Assert.Equal(MeaiBudgetFinishReasons.WrappedUp, response.FinishReason);
        Assert.InRange(looked, 4, Iterations - 1);
        Assert.Equal(looked, ResultsOf(response));
        Assert.InRange(run.Spent, 0.03m, 0.10m);
        Assert.Equal(0m, run.Held);
        await _storage.DidNotReceiveWithAnyArgs().SetAsync(default!, default!, default!, default);
    }

    [Theory, MemberData(nameof(Modes))]
    public async Task AToolResultLargerThanAllowedForEndsInStopWithEveryResultKept(bool streaming)
    {
        // The fourth result alone costs more than the whole run may.
        int looked = 0;
        var provider = new ScriptedChatClient { Default = Rounds() };
        using IChatClient client = Pipeline(provider);
        using var run = BudgetRun.Begin("loop", 0.10m, _tracker);

        ChatResponse response = await client.AskAsync(
            streaming, options: Options(() => ++looked == 4 ? string.Concat(Enumerable.Repeat("word ", 250_000)) : $"result {looked}"));

        Assert.Equal(MeaiBudgetFinishReasons.BudgetExceeded, response.FinishReason);
        Assert.Equal(4, looked);
        Assert.Equal(4, ResultsOf(response));
        Assert.InRange(run.Spent, 0.03m, 0.10m);
        Assert.Equal(0m, run.Held);
        await _storage.DidNotReceiveWithAnyArgs().SetAsync(default!, default!, default!, default);
    }

    [Theory, MemberData(nameof(Modes))]
    public async Task ALoopThatTheRunCanPayGoesItsFortyRoundsAndIsStored(bool streaming)
    {
        int looked = 0;
        var provider = new ScriptedChatClient { Default = Rounds() };
        using IChatClient client = Pipeline(provider);
        using var run = BudgetRun.Begin("loop", 10m, _tracker);

        ChatResponse response = await client.AskAsync(streaming, options: Options(() => $"result {++looked}"));

        Assert.Equal(Iterations, looked);
        Assert.Equal(Iterations, ResultsOf(response));
        await _storage.ReceivedWithAnyArgs(1).SetAsync(default!, default!, default!, default);
    }

    /// <summary>Calls the tool as often as it may, at about a cent a time, and answers when it has to.</summary>
    private static ScriptedReply Rounds() => ScriptedReply.Respond(call => call.Options?.ToolMode is NoneChatToolMode || call.Index >= Iterations
        ? new ChatResponse(new ChatMessage(ChatRole.Assistant, "This is what I found.")) { FinishReason = ChatFinishReason.Stop, Usage = Usage(100, 200) }
        : new ChatResponse(new ChatMessage(ChatRole.Assistant, [new FunctionCallContent($"call{call.Index}", "look")]))
        {
            FinishReason = ChatFinishReason.ToolCalls,
            Usage = Usage(100, 900),
        });

    private static UsageDetails Usage(long input, long output) => new() { InputTokenCount = input, OutputTokenCount = output };

    private static ChatOptions Options(Func<string> look) => new() { MaxOutputTokens = 1_000, Tools = [AIFunctionFactory.Create(look, "look")] };

    private static int ResultsOf(ChatResponse response) =>
        response.Messages.SelectMany(message => message.Contents).OfType<FunctionResultContent>().Select(result => result.CallId).Distinct().Count();

    private BudgetAwareCachingChatClient Pipeline(IChatClient provider) => new(
        new ChatClientBuilder(provider)
            .UseFunctionInvocation(configure: invocation => invocation.MaximumIterationsPerRequest = Iterations + 1)
            .UseBudget(_tracker, options => options.ExceededBehavior = ExceededBehavior.WrapUp).Build(),
        _storage);
}
