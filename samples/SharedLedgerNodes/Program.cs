// A web API of which several nodes share one budget in PostgreSQL.
using MeaiBudget;
using MeaiBudget.Testing;
using Microsoft.Extensions.AI;

WebApplicationBuilder builder = WebApplication.CreateBuilder(args);

// Without a key, a simulator of the provider answers, in this process.
string? key = builder.Configuration["OpenAI:ApiKey"];
await using ProviderSimulator? simulator = key is null ? await ProviderSimulator.StartAsync() : null;

IChatClient openAi = OpenAIChatClientFactory.Create(new() { ApiKey = key ?? "none", BaseUrl = simulator?.OpenAIBaseUrl.ToString(), ModelId = "gpt-4.1-mini" });

string connection = builder.Configuration.GetConnectionString("Ledger")
    ?? throw new InvalidOperationException("Set ConnectionStrings__Ledger to a PostgreSQL database, or start all of it with 'docker compose up'.");
await using PostgreSqlSpendLedger ledger = await PostgreSqlSpendLedger.OpenAsync(connection);   // creates its schema if it does not exist

builder.Services.AddSingleton(new CostTracker([Budget.Daily("all", builder.Configuration.GetValue("DailyBudget", 0.01m))], ledger: ledger));
builder.Services.AddChatClient(openAi).UseTokenEstimation().UseBudget().UseRetry();
builder.Services.AddBudgetProblemDetails();

WebApplication app = builder.Build();
app.UseExceptionHandler();
app.MapPost("/ask", async (Question question, IChatClient client, CancellationToken cancellationToken) =>
    new { (await client.GetResponseAsync(question.Text, new ChatOptions { MaxOutputTokens = 1000 }, cancellationToken)).Text });
app.MapGet("/budget", async (CostTracker tracker, CancellationToken cancellationToken) =>
{
    BudgetStatus status = await tracker.GetStatusAsync("all", cancellationToken: cancellationToken);
    return new { status.Spent, status.Held, status.Remaining };
});
app.Run();

internal sealed record Question(string Text);
