using MeaiBudget.Testing;
using Microsoft.Agents.AI;
using Microsoft.Extensions.AI;

namespace MeaiBudget.Tests;

/// <summary>Agents over OpenAI's Responses API, whose conversations the provider keeps, on the real SDK.</summary>
[Collection("One after another")]
public sealed class ResponsesAgentTests : IAsyncLifetime
{
    private readonly CostTracker _tracker = new(Budget.Daily("day", 5m));
    private ProviderSimulator _simulator = null!;

    public async ValueTask InitializeAsync() => _simulator = await ProviderSimulator.StartAsync();

    public ValueTask DisposeAsync() => _simulator.DisposeAsync();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task M1_AnAgentsToolLoopAndSecondTurnSpendFromTheRun(bool isStreaming)
    {
        _simulator.OpenAI.Enqueue(
            SimulatedResponse.ToolCall("look").WithUsage(1_000, 200),
            SimulatedResponse.Text("first").WithUsage(1_240, 10),
            SimulatedResponse.Text("second").WithUsage(1_280, 20));
        ChatClientAgent agent = Agent();
        AgentSession session = await agent.CreateSessionAsync(Token);
        using var run = BudgetRun.Begin("research", 0.50m);

        Assert.Equal("first", await AskAsync(agent, session, isStreaming));
        Assert.Equal("second", await AskAsync(agent, session, isStreaming));

        Assert.Equal(3, run.SettledAttempts);
        Assert.Equal(((1_000 + 1_240 + 1_280) * 0.0000004m) + ((200 + 10 + 20) * 0.0000016m), run.Spent);
        Assert.Equal(0m, run.Held);

        // The agent sends the new messages only; what came before is kept by the provider and reserved for.
        Assert.All(_simulator.OpenAI.ChatRequests.Skip(1), request => Assert.Contains("previous_response_id", request.BodyText, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task M1_TheRunEndsAToolLoopThatItsKeptConversationMadeTooDear(bool isStreaming)
    {
        _simulator.OpenAI.Enqueue(
            SimulatedResponse.ToolCall("look").WithUsage(200_000, 200),
            SimulatedResponse.Text("never").WithUsage(200_300, 10));
        ChatClientAgent agent = Agent();
        AgentSession session = await agent.CreateSessionAsync(Token);
        using var run = BudgetRun.Begin("research", 0.09m);

        await Assert.ThrowsAsync<BudgetExceededException>(() => AskAsync(agent, session, isStreaming));

        // The request that continues costs little by its own text. What the provider kept is reserved with it.
        Assert.Single(_simulator.OpenAI.ChatRequests);
        Assert.True(run.Spent <= run.Limit && run.Held == 0m, $"{run.Spent} spent, {run.Held} held");
    }

    private ChatClientAgent Agent()
    {
        IChatClient client = OpenAIChatClientFactory.Create(new OpenAIChatClientOptions
        {
            ApiKey = "sk-test",
            BaseUrl = _simulator.OpenAIBaseUrl.ToString(),
            ModelId = "gpt-4.1-mini",
            UseResponsesApi = true,
        });
        return new ChatClientAgent(
            new ChatClientBuilder(client).UseFunctionInvocation().UseBudget(_tracker, options => options.DefaultOutputTokens = 500).Build(),
            "Be brief.",
            tools: [AIFunctionFactory.Create(() => "a result", "look")]);
    }

    private static async Task<string> AskAsync(ChatClientAgent agent, AgentSession session, bool isStreaming)
    {
        if (!isStreaming)
        {
            return (await agent.RunAsync("Find out.", session, cancellationToken: Token)).Text;
        }

        string text = "";
        await foreach (AgentResponseUpdate update in agent.RunStreamingAsync("Find out.", session, cancellationToken: Token))
        {
            text += update.Text;
        }

        return text;
    }
}
