// Two agents of the Microsoft Agent Framework in a workflow, under one budget.
using MeaiBudget;
using MeaiBudget.Testing;
using Microsoft.Agents.AI;
using Microsoft.Agents.AI.Workflows;
using Microsoft.Extensions.AI;

// Without a key, a simulator of the provider answers, in this process.
string? key = Environment.GetEnvironmentVariable("OPENAI_API_KEY");
await using ProviderSimulator? simulator = key is null ? await ProviderSimulator.StartAsync() : null;
simulator?.OpenAI.Enqueue(
    SimulatedResponse.Text("Rome is an old and very large city with very many very old houses."),
    SimulatedResponse.Text("Rome is old and large."));

IChatClient openAi = OpenAIChatClientFactory.Create(new() { ApiKey = key ?? "none", BaseUrl = simulator?.OpenAIBaseUrl.ToString(), ModelId = "gpt-4.1-mini" });

var tracker = new CostTracker(Budget.Daily("all", 5m));
IChatClient chat = new ChatClientBuilder(openAi)
    .UseFunctionInvocation()   // the agents use this loop and add none of their own, so the budget is below it
    .UseTokenEstimation()
    .UseBudget(tracker)
    .UseRetry()
    .Build();

AIAgent writer = new ChatClientAgent(chat, "Write a draft in one sentence.", "writer");
AIAgent editor = new ChatClientAgent(chat, "Shorten the draft.", "editor");
AIAgent both = AgentWorkflowBuilder.BuildSequential([writer, editor]).AsAIAgent();

using var run = BudgetRun.Begin("article", 0.10m);   // before the workflow starts, or its agents do not see the run
AgentResponse response = await both.RunAsync("Write about Rome.");

foreach (ChatMessage message in response.Messages)
{
    Console.WriteLine($"{message.AuthorName}: {message.Text}");
}

Console.WriteLine(run.WasRefused
    ? $"A budget ended the workflow at ${run.Spent:0.000000}."
    : $"The workflow spent ${run.Spent:0.000000} of ${run.Limit:0.00}.");
