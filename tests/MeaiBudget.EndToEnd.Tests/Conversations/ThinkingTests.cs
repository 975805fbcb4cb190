using System.Text.Json;
using MeaiBudget.Testing;
using Microsoft.Extensions.AI;

namespace MeaiBudget.Tests;

/// <summary>Models that think get the output that they need: a budget lowers the effort or refuses, and never starves the thinking.</summary>
public sealed class ThinkingTests
{
    private const decimal ClaudeOutput = 0.000015m;
    private const decimal Gpt5MiniOutput = 0.000002m;

    public static TheoryData<bool> Both => StreamModes.Both;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(null, 1_024, false)]
    [InlineData(ReasoningEffort.None, 1_024, false)]
    [InlineData(ReasoningEffort.Low, 2_048, false)]
    [InlineData(ReasoningEffort.Medium, 9_216, false)]
    [InlineData(ReasoningEffort.High, 17_408, false)]
    [InlineData(ReasoningEffort.High, 17_408, true)]
    [InlineData(ReasoningEffort.ExtraHigh, 33_792, false)]
    public async Task K8_AnthropicGetsTheMaximumThatItsSdkSendsForTheEffort(ReasoningEffort? effort, long expected, bool streaming)
    {
        await using ProviderSimulator simulator = await ProviderSimulator.StartAsync();
        using IChatClient bare = RealClients.Create(simulator, SimulatedProvider.Anthropic, "claude-sonnet-4-5");
        using IChatClient client = new ChatClientBuilder(bare).UseBudget(Budget.Daily("day", 1_000m)).Build();
        using ReceiptCapture capture = CallReceipts.Capture();
        ChatOptions? options = effort is null ? null : new ChatOptions { Reasoning = new ReasoningOptions { Effort = effort } };

        await bare.AskAsync(streaming, options: options);
        await client.AskAsync(streaming, options: options);

        Assert.Equal([expected, expected], simulator.Anthropic.ChatRequests.Select(request => request.Json.GetProperty("max_tokens").GetInt64()));
        Assert.Equal(expected, capture.Receipts.Single().Attempts.Single().ReservedOutputTokens);
        Assert.Equal(EffortOf(simulator.Anthropic.ChatRequests[0]), EffortOf(simulator.Anthropic.ChatRequests[1]));
    }

    [Theory]
    [InlineData(ReasoningEffort.ExtraHigh, 20_000, 17_408, "high")]
    [InlineData(ReasoningEffort.High, 12_000, 9_216, "medium")]
    [InlineData(ReasoningEffort.High, 3_000, 2_048, "low")]
    [InlineData(ReasoningEffort.Medium, 3_000, 2_048, "low")]
    public async Task K8_ABudgetThatCannotPayTheThinkingLowersTheEffort(ReasoningEffort effort, long payable, long expected, string sent)
    {
        foreach (bool streaming in new[] { false, true })
        {
            await using ProviderSimulator simulator = await ProviderSimulator.StartAsync();
            using IChatClient client = Budgeted(RealClients.Create(simulator, SimulatedProvider.Anthropic, "claude-sonnet-4-5"), (payable * ClaudeOutput) + 0.002m);

            await client.AskAsync(streaming, options: new ChatOptions { Reasoning = new ReasoningOptions { Effort = effort, Output = ReasoningOutput.Summary } });

            SimulatedRequest request = simulator.Anthropic.ChatRequests.Single();
            Assert.Equal(expected, request.Json.GetProperty("max_tokens").GetInt64());
            Assert.Equal(sent, EffortOf(request));
        }
    }

    [Theory, MemberData(nameof(Both))]
    public async Task K8_TheEffortIsNotLoweredBelowLowAndNotWhereTheOptionForbidsIt(bool streaming)
    {
        await using ProviderSimulator simulator = await ProviderSimulator.StartAsync();
        IChatClient claude = RealClients.Create(simulator, SimulatedProvider.Anthropic, "claude-sonnet-4-5");
        using IChatClient poor = Budgeted(claude, 1_500 * ClaudeOutput);
        using IChatClient strict = Budgeted(claude, 12_000 * ClaudeOutput, lowers: false);
        var high = new ChatOptions { Reasoning = new ReasoningOptions { Effort = ReasoningEffort.High } };

        await Assert.ThrowsAsync<BudgetExceededException>(() => poor.AskAsync(streaming, options: high));
        await Assert.ThrowsAsync<BudgetExceededException>(() => strict.AskAsync(streaming, options: high));

        Assert.Empty(simulator.Anthropic.ChatRequests);
        Assert.Equal(ReasoningEffort.High, high.Reasoning.Effort);
    }

    [Theory]
    [InlineData(ReasoningEffort.High, 100_000, 32_768, "high")]
    [InlineData(ReasoningEffort.High, 9_000, 9_000, "high")]
    [InlineData(ReasoningEffort.High, 5_000, 5_000, "medium")]
    [InlineData(ReasoningEffort.ExtraHigh, 2_500, 2_500, "low")]
    [InlineData(ReasoningEffort.Low, 2_500, 2_500, "low")]
    public async Task K8_OpenAIsMaximumIncludesTheReasoning(ReasoningEffort effort, long payable, long expected, string sent)
    {
        foreach (bool responses in new[] { false, true })
        {
            await using ProviderSimulator simulator = await ProviderSimulator.StartAsync();
            IChatClient gpt = RealClients.Create(simulator, SimulatedProvider.OpenAI, "gpt-5-mini", options => ((OpenAIChatClientOptions)options).UseResponsesApi = responses);
            using IChatClient client = Budgeted(gpt, (payable * Gpt5MiniOutput) + 0.0001m);

            await client.AskAsync(streaming: true, options: new ChatOptions { Reasoning = new ReasoningOptions { Effort = effort } });

            JsonElement request = simulator.OpenAI.ChatRequests.Single().Json;
            long most = request.GetProperty(responses ? "max_output_tokens" : "max_completion_tokens").GetInt64();
            Assert.InRange(most, expected, expected + 60);
            Assert.Equal(sent, responses ? request.GetProperty("reasoning").GetProperty("effort").GetString() : request.GetProperty("reasoning_effort").GetString());
        }
    }

    [Fact]
    public async Task K8_AnEffortTooDearForALowAnswerIsRefused()
    {
        await using ProviderSimulator simulator = await ProviderSimulator.StartAsync();
        using IChatClient client = Budgeted(RealClients.Create(simulator, SimulatedProvider.OpenAI, "gpt-5-mini"), 2_000 * Gpt5MiniOutput);

        await Assert.ThrowsAsync<BudgetExceededException>(
            () => client.AskAsync(false, options: new ChatOptions { Reasoning = new ReasoningOptions { Effort = ReasoningEffort.High } }));

        Assert.Empty(simulator.OpenAI.ChatRequests);
    }

    private static IChatClient Budgeted(IChatClient inner, decimal limit, bool lowers = true) =>
        new ChatClientBuilder(inner).UseBudget(new CostTracker(Budget.Daily("day", limit)), options => options.LowersReasoningEffort = lowers).Build();

    private static string? EffortOf(SimulatedRequest request) =>
        request.Json.TryGetProperty("output_config", out JsonElement config) && config.TryGetProperty("effort", out JsonElement effort) ? effort.GetString() : null;
}
