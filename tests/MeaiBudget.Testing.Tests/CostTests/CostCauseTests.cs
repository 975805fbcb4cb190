#pragma warning disable OPENAI001 // The effort of reasoning is experimental in the SDK.
using MeaiBudget.Testing;
using Microsoft.Extensions.AI;

namespace MeaiBudget.Tests;

/// <summary>What a comparison says about causes that only the answer or the wire shows.</summary>
public sealed class CostCauseTests
{
    [Fact]
    public async Task AnAnswerThatCallsMoreToolsSaysHowMany()
    {
        CostCause[] causes = await CompareAsync(calls => Calling(calls), 1, 4);

        CostCause longer = Assert.Single(causes, cause => cause.Kind == CostCauseKind.Output);
        Assert.Contains("an answer calls 4 tools instead of 1: 'find_order'", longer.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("-", longer.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task AnEffortThatOnlyTheSentRequestHasIsNamed(bool useResponsesApi)
    {
        CostCause[] causes = await CompareAsync(effort => OnSimulator(useResponsesApi, SimulatedResponse.Text("Yes."), client => client.GetResponseAsync("Is it?", new ChatOptions
        {
            MaxOutputTokens = 100,
            RawRepresentationFactory = _ => useResponsesApi
                ? new OpenAI.Responses.CreateResponseOptions { ReasoningOptions = new() { ReasoningEffortLevel = effort } }
                : new OpenAI.Chat.ChatCompletionOptions { ReasoningEffortLevel = effort },
        })), "low", "high");

        CostCause cause = Assert.Single(causes, cause => cause.Kind == CostCauseKind.ReasoningEffort);
        Assert.Contains("'High' instead of 'Low'", cause.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AResultOfACallThatTheProviderStoresIsNamedByItsTool()
    {
        CostCause[] causes = await CompareAsync(words => OnSimulator(true, SimulatedResponse.ToolCall("lookup", new { key = 1 }), client => client.AsBuilder().UseFunctionInvocation().Build()
            .GetResponseAsync("Look it up.", new ChatOptions { MaxOutputTokens = 100, Tools = [AIFunctionFactory.Create((int key) => string.Join(' ', Enumerable.Repeat("word", words)), "lookup")] })), 2, 200);

        Assert.Equal((CostCauseKind.ToolResults, "lookup"), (causes[0].Kind, causes[0].Subject));
    }

    private static CostScenario Calling(int calls) => new(
        "scenario",
        () => new ScriptedChatClient("gpt-4.1-mini", "openai").Enqueue(
            ScriptedReply.Respond(_ => new ChatResponse(new ChatMessage(ChatRole.Assistant, [.. Enumerable.Range(0, calls).Select(number =>
                new FunctionCallContent($"call{number}", "find_order", new Dictionary<string, object?> { ["number"] = number }))]))),
            ScriptedReply.Text("Found.")),
        client => client.AsBuilder().UseFunctionInvocation().Build().GetResponseAsync("Find them.", new ChatOptions { MaxOutputTokens = 100, Tools = [AIFunctionFactory.Create((int number) => number, "find_order")] }));

    private static CostScenario OnSimulator(bool useResponsesApi, SimulatedResponse first, Func<IChatClient, Task> run) => new("scenario", async (meter, _) =>
    {
        await using ProviderSimulator simulator = await ProviderSimulator.StartAsync();
        simulator.OpenAI.Enqueue(first);
        simulator.OpenAI.Default = SimulatedResponse.Text("Done.");
        using IChatClient client = meter.Measure(OpenAIChatClientFactory.Create(new()
        {
            ApiKey = "any",
            BaseUrl = simulator.OpenAIBaseUrl.ToString(),
            ModelId = "gpt-5-mini",
            UseResponsesApi = useResponsesApi,
            DefaultTemperature = null,
        }));
        await run(client);
    });

    private static async Task<CostCause[]> CompareAsync<T>(Func<T, CostScenario> scenario, T before, T after)
    {
        var was = ScenarioSnapshot.Of(await scenario(before).RunAsync());
        var now = ScenarioSnapshot.Of(await scenario(after).RunAsync());
        return [.. ScenarioComparison.Of("scenario", was, now).Causes];
    }
}
