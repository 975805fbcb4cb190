using Microsoft.Extensions.AI;

WebApplicationBuilder builder = WebApplication.CreateBuilder(args);

// Providers, models, fallbacks and budgets are in appsettings.json; keys come from the environment or user secrets.
builder.Services.AddMeaiBudget(builder.Configuration.GetSection("MeaiBudget")).AddOpenAI().AddAnthropic().AddSqliteLedger();
builder.Services.AddBudgetProblemDetails();   // a refused call becomes 429 with Retry-After
builder.Services.AddBudgetStatus();

WebApplication app = builder.Build();
app.UseExceptionHandler();

// The header is for trying it out. In your app, add authentication and take the tenant from the signed-in user.
app.UseBudgetTags(context => [new("tenant", context.Request.Headers["X-Tenant"].ToString())]);

app.MapPost("/ask", async (Question question, IChatClient client, CancellationToken cancellationToken) =>
{
    ChatResponse response = await client.GetResponseAsync(question.Text, new ChatOptions { MaxOutputTokens = 500 }, cancellationToken);
    return new { response.Text, response.ModelId };
});

if (app.Environment.IsDevelopment())
{
    app.MapBudgetStatus("/budgets", options => options.AllowAnonymous = true);   // who spent what, what is left
}

app.Run();

internal sealed record Question(string Text);
