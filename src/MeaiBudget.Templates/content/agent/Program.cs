using System.ComponentModel;
using MeaiBudget;
using Microsoft.Extensions.AI;

IChatClient openAi = OpenAIChatClientFactory.Create(new()
{
    ApiKey = Environment.GetEnvironmentVariable("OPENAI_API_KEY") ?? throw new InvalidOperationException("Set OPENAI_API_KEY, or run 'dotnet run' to use the simulator."),
    BaseUrl = Environment.GetEnvironmentVariable("OPENAI_BASE_URL"),
    ModelId = "gpt-4.1-mini",
});

var tracker = new CostTracker(Budget.Daily("all", 5m));
IChatClient agent = new ChatClientBuilder(openAi)
    .UseFunctionInvocation()
    .UseTokenEstimation()
    .UseBudget(tracker, options => options.ExceededBehavior = ExceededBehavior.WrapUp)   // the last round answers without tools
    .UseRetry()
    .Build();

var options = new ChatOptions
{
    Instructions = "Use the tools. Be brief.",
    MaxOutputTokens = 500,
    Tools = [AIFunctionFactory.Create(GetWeather)],
};

string task = args.Length > 0 ? string.Join(' ', args) : "How is the weather in Rome?";
using BudgetRun run = BudgetRun.Begin("agent", RUN_BUDGETm);
ChatResponse response = await agent.GetResponseAsync(task, options);

Console.WriteLine(response.Text);
Console.WriteLine($"Spent ${run.Spent:0.000000} of ${run.Limit}.");
if (response.FinishReason == MeaiBudgetFinishReasons.WrappedUp)
{
    Console.WriteLine("The budget of the run ended the agent.");
}

[Description("Gets the weather of a city")]
static string GetWeather(string city) => $"sunny in {city}";
