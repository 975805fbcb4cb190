// A web API in which each tenant has a budget of its own.
using System.Security.Claims;
using MeaiBudget;
using MeaiBudget.Testing;
using Microsoft.Extensions.AI;

WebApplicationBuilder builder = WebApplication.CreateBuilder(args);

// Without a key, a simulator of the provider answers, in this process.
string? key = builder.Configuration["OpenAI:ApiKey"];
await using ProviderSimulator? simulator = key is null ? await ProviderSimulator.StartAsync() : null;

IChatClient openAi = OpenAIChatClientFactory.Create(new()
{
    ApiKey = key ?? "none",
    BaseUrl = simulator?.OpenAIBaseUrl.ToString(),
    ModelId = "gpt-4.1-mini",
});

builder.Services.AddSingleton(new CostTracker(
    Budget.Daily("all", 20m),
    Budget.Daily("tenant", builder.Configuration.GetValue("TenantBudget", 2m)).PerTag("tenant", required: true)));
builder.Services.AddChatClient(openAi).UseRedactedLogging().UseTokenEstimation().UseBudget().UseRetry().UseFallback();
builder.Services.AddBudgetProblemDetails();   // a refused call becomes 429 with Retry-After

WebApplication app = builder.Build();
app.UseExceptionHandler();

// An API key stands for a signed-in user here. In your app, use authentication and take the tenant from its claims.
Dictionary<string, string> tenantsByApiKey = new() { ["key-of-acme"] = "acme", ["key-of-globex"] = "globex" };
app.Use((context, next) =>
{
    if (tenantsByApiKey.TryGetValue(context.Request.Headers["X-Api-Key"].ToString(), out string? tenant))
    {
        context.User = new ClaimsPrincipal(new ClaimsIdentity([new Claim("tenant", tenant)], "ApiKey"));
    }

    return next(context);
});
app.UseBudgetTags(context => [new("tenant", context.User.FindFirst("tenant")?.Value)]);

app.MapPost("/ask", async (Question question, IChatClient client, CancellationToken cancellationToken) =>
{
    ChatResponse response = await client.GetResponseAsync(question.Text, new ChatOptions { MaxOutputTokens = 500 }, cancellationToken);
    return new { response.Text, Cost = response.TryGetReceipt(out CallReceipt? receipt) ? receipt.Cost : (decimal?)null };
});

// What is left of the signed-in tenant's budget.
app.MapGet("/budget", async (ClaimsPrincipal user, CostTracker tracker, CancellationToken cancellationToken) =>
{
    if (user.FindFirst("tenant")?.Value is not { } tenant)
    {
        return Results.Unauthorized();
    }

    BudgetStatus status = await tracker.GetStatusAsync("tenant", tenant, cancellationToken);
    return Results.Ok(new { status.Spent, status.Remaining });
});

app.Run();

internal sealed record Question(string Text);
