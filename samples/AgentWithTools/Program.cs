// A console agent with tools, whose whole loop may spend a fixed amount.
using System.ComponentModel;
using MeaiBudget;
using MeaiBudget.Testing;
using Microsoft.Extensions.AI;

// Without a key, a simulator of the provider answers, in this process: it asks for a tool in each round and never comes to an end.
string? key = Environment.GetEnvironmentVariable("OPENAI_API_KEY");
await using ProviderSimulator? simulator = key is null ? await ProviderSimulator.StartAsync() : null;
if (simulator is not null)
{
    simulator.OpenAI.Default = SimulatedResponse.From(request => request.BodyText.Contains("\"tool_choice\":\"none\"", StringComparison.Ordinal)
        ? SimulatedResponse.Text("It is sunny in Rome. I could not look at more cities.")
        : SimulatedResponse.ToolCall("GetWeather", new { city = "Rome" }));
}

IChatClient openAi = OpenAIChatClientFactory.Create(new() { ApiKey = key ?? "none", BaseUrl = simulator?.OpenAIBaseUrl.ToString(), ModelId = "gpt-4.1-mini" });

var tracker = new CostTracker(Budget.Daily("all", 5m));
IChatClient agent = new ChatClientBuilder(openAi)
    .UseFunctionInvocation(configure: loop => loop.MaximumIterationsPerRequest = 100)
    .UseTokenEstimation()
    .UseBudget(tracker, options => options.ExceededBehavior = ExceededBehavior.WrapUp)   // the last round answers without tools
    .UseRetry()
    .Build();

var options = new ChatOptions
{
    Instructions = "Use the tools. Be brief.",
    MaxOutputTokens = 500,
    Tools = [AIFunctionFactory.Create(GetWeather), tracker.CreateRemainingBudgetTool()],
};

using var run = BudgetRun.Begin("weather-report", 0.01m);
ChatResponse response = await agent.GetResponseAsync("How is the weather in the ten largest cities of Italy?", options);

Console.WriteLine(response.Text);
Console.WriteLine($"Spent ${run.Spent:0.000000} of ${run.Limit:0.00}.");
if (response.FinishReason == MeaiBudgetFinishReasons.WrappedUp)
{
    Console.WriteLine("The budget of the run ended the agent.");
}

[Description("Gets the weather of a city")]
static string GetWeather(string city) => $"sunny in {city}";
