using MeaiBudget.Testing;
using Microsoft.Extensions.AI;

namespace MeaiBudget.Tests;

/// <summary>An agent with three tools in a run of its own.</summary>
public sealed class AgentRoundsTests
{
    private const int Rounds = 10;

    public static TheoryData<string, bool> Clients
    {
        get
        {
            var data = new TheoryData<string, bool>();
            foreach (string client in new[] { "OpenAI chat", "OpenAI Responses", "Anthropic", "LiteLLM", "Ollama" })
            {
                data.Add(client, false);
                data.Add(client, true);
            }

            return data;
        }
    }

    [Theory, MemberData(nameof(Clients))]
    public async Task M1_TenRoundsFitIntoARunOfFiveCents(string kind, bool streaming)
    {
        await using ProviderSimulator simulator = await ProviderSimulator.StartAsync();
        (ProviderScript script, IChatClient inner) = Create(simulator, kind);
        Script(script);
        var tracker = new CostTracker(Budget.Daily("day", 5m));
        using IChatClient client = Build(inner, tracker);
        using var run = BudgetRun.Begin("agent", 0.05m, tracker);

        ChatResponse answer = await client.AskAsync(streaming, options: Tools());

        Assert.Equal("The work is done.", answer.Text);
        Assert.Equal(Rounds, script.ChatRequests.Count);
        Assert.Equal(kind == "Ollama", run.Spent == 0m);
        Assert.InRange(run.Spent, 0m, 0.05m);
    }

    [Theory, MemberData(nameof(Clients))]
    public async Task M3_AnAgentThatDoesNotFitEndsWithAnAnswer(string kind, bool streaming)
    {
        await using ProviderSimulator simulator = await ProviderSimulator.StartAsync();
        (ProviderScript script, IChatClient inner) = Create(simulator, kind);
        Script(script);
        var tracker = new CostTracker(Budget.Daily("day", null) with { TokenLimit = 14_000 });
        using IChatClient client = Build(inner, tracker);

        ChatResponse answer = await client.AskAsync(streaming, options: Tools());

        Assert.Equal("This is as far as it came.", answer.Text);
        Assert.Equal(MeaiBudgetFinishReasons.WrappedUp, answer.FinishReason);
        Assert.InRange(script.ChatRequests.Count, 3, Rounds - 1);
        Assert.InRange((await tracker.GetStatusAsync(cancellationToken: TestContext.Current.CancellationToken)).Single().Tokens!.Value, 1, 14_000);
    }

    /// <summary>Nine rounds that call a tool each, with a conversation that grows, then the answer. A request that may not call tools gets a closing one.</summary>
    private static void Script(ProviderScript script)
    {
        int round = 0;
        script.Default = SimulatedResponse.From(request =>
        {
            string body = request.BodyText;
            if (!body.Contains("\"tools\"", StringComparison.Ordinal) || body.Contains("\"tool_choice\":\"none\"", StringComparison.Ordinal)
                || body.Contains("\"tool_choice\":{\"type\":\"none\"}", StringComparison.Ordinal))
            {
                return SimulatedResponse.Text("This is as far as it came.").WithUsage(500 + (150 * round), 20);
            }

            int now = Interlocked.Increment(ref round);
            return now == Rounds
                ? SimulatedResponse.Text("The work is done.").WithUsage(500 + (150 * now), 60)
                : SimulatedResponse.ToolCall(((string[])["search", "read", "note"])[now % 3]).WithUsage(500 + (150 * now), 60);
        });
    }

    private static ChatOptions Tools() => new()
    {
        Tools =
        [
            AIFunctionFactory.Create(() => "three results", "search", "Searches."),
            AIFunctionFactory.Create(() => "a page of text", "read", "Reads a page."),
            AIFunctionFactory.Create(() => "noted", "note", "Writes a note."),
        ],
        MaxOutputTokens = 1_000,
    };

    private static IChatClient Build(IChatClient inner, CostTracker tracker) => new ChatClientBuilder(inner)
        .UseFunctionInvocation().UseBudget(tracker, options => options.ExceededBehavior = ExceededBehavior.WrapUp).Build();

    private static (ProviderScript Script, IChatClient Client) Create(ProviderSimulator simulator, string kind) => kind switch
    {
        "OpenAI Responses" => (simulator.OpenAI, RealClients.Create(
            simulator, SimulatedProvider.OpenAI, "gpt-4.1-mini", options => ((OpenAIChatClientOptions)options).UseResponsesApi = true)),
        "Anthropic" => (simulator.Anthropic, RealClients.Create(simulator, SimulatedProvider.Anthropic, "claude-haiku-4-5")),
        "LiteLLM" => (simulator.LiteLLM, RealClients.Create(simulator, SimulatedProvider.LiteLLM, "gpt-4.1-mini")),
        "Ollama" => (simulator.Ollama, RealClients.Create(simulator, SimulatedProvider.Ollama, "llama3.2")),
        _ => (simulator.OpenAI, RealClients.Create(simulator, SimulatedProvider.OpenAI, "gpt-4.1-mini")),
    };
}
