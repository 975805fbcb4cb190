// A background worker whose daily budget survives a restart, because a SQLite file keeps it.
using DailyWorker;
using MeaiBudget;
using MeaiBudget.Testing;
using Microsoft.Extensions.AI;

HostApplicationBuilder builder = Host.CreateApplicationBuilder(args);

// Without a key, a simulator of the provider answers, in this process.
string? key = builder.Configuration["OpenAI:ApiKey"];
await using ProviderSimulator? simulator = key is null ? await ProviderSimulator.StartAsync() : null;

simulator?.OpenAI.Default = SimulatedResponse.Text("A summary.").WithUsage(600, 400);

IChatClient openAi = OpenAIChatClientFactory.Create(new() { ApiKey = key ?? "none", BaseUrl = simulator?.OpenAIBaseUrl.ToString(), ModelId = "gpt-4.1-mini" });

await using var ledger = SqliteSpendLedger.Open(builder.Configuration["Ledger"] ?? "spend.db");
builder.Services.AddSingleton(new CostTracker([Budget.Daily("summaries", builder.Configuration.GetValue("DailyBudget", 0.01m))], ledger: ledger));
builder.Services.AddChatClient(openAi).UseRedactedLogging().UseTokenEstimation().UseBudget().UseRetry();
builder.Services.AddHostedService<SummaryWorker>();

await builder.Build().RunAsync();
