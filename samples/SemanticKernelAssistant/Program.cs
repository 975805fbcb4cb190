// A Semantic Kernel assistant with a plugin, on top of a budget.
using MeaiBudget;
using MeaiBudget.Testing;
using Microsoft.Extensions.AI;
using Microsoft.SemanticKernel;
using Microsoft.SemanticKernel.ChatCompletion;

// Without a key, a simulator of the provider answers, in this process.
string? key = Environment.GetEnvironmentVariable("OPENAI_API_KEY");
await using ProviderSimulator? simulator = key is null ? await ProviderSimulator.StartAsync() : null;
simulator?.OpenAI.Enqueue(
    SimulatedResponse.ToolCall("Weather_GetWeather", new { city = "Rome" }),
    SimulatedResponse.Text("It is sunny in Rome."));

IChatClient openAi = OpenAIChatClientFactory.Create(new() { ApiKey = key ?? "none", BaseUrl = simulator?.OpenAIBaseUrl.ToString(), ModelId = "gpt-4.1-mini" });

var tracker = new CostTracker(Budget.Daily("assistant", 1m));
IChatCompletionService chat = new ChatClientBuilder(openAi)
    .UseKernelFunctionInvocation()   // Semantic Kernel's tool loop: each round is a paid call, so the budget is below it
    .UseTokenEstimation()
    .UseBudget(tracker)
    .UseRetry()
    .Build()
    .AsChatCompletionService();

var kernel = new Kernel();
kernel.Plugins.AddFromFunctions("Weather", [KernelFunctionFactory.CreateFromMethod((string city) => $"sunny in {city}", "GetWeather", "Gets the weather of a city.")]);

var history = new ChatHistory("Be brief.");
history.AddUserMessage("How is the weather in Rome?");
ChatMessageContent answer = await chat.GetChatMessageContentAsync(
    history, new PromptExecutionSettings { FunctionChoiceBehavior = FunctionChoiceBehavior.Auto() }, kernel);

BudgetStatus status = await tracker.GetStatusAsync("assistant");
Console.WriteLine(answer.Content);
Console.WriteLine($"Spent ${status.Spent:0.000000} of ${status.Limit:0.00} today.");
