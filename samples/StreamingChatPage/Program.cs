// A chat page that shows an answer while it arrives, and what it cost.
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using MeaiBudget;
using MeaiBudget.Testing;
using Microsoft.Extensions.AI;

WebApplicationBuilder builder = WebApplication.CreateBuilder(args);

// Without a key, a simulator of the provider answers, in this process.
string? key = builder.Configuration["Anthropic:ApiKey"];
await using ProviderSimulator? simulator = key is null ? await ProviderSimulator.StartAsync() : null;
if (simulator is not null)
{
    simulator.Anthropic.Default = SimulatedResponse.From(request =>
        SimulatedResponse.Text("This answer comes from a simulator, one word after the other.").WithPieceInterval(TimeSpan.FromMilliseconds(50)));
}

IChatClient anthropic = AnthropicChatClientFactory.Create(new()
{
    ApiKey = key ?? "none",
    BaseUrl = simulator?.AnthropicBaseUrl.ToString(),
    ModelId = "claude-haiku-4-5",
});

builder.Services.AddSingleton(new CostTracker(Budget.Daily("page", builder.Configuration.GetValue("DailyBudget", 1m))));
builder.Services.AddChatClient(anthropic).UseTokenEstimation().UseBudget().UseRetry();
builder.Services.AddBudgetProblemDetails();

WebApplication app = builder.Build();
app.UseExceptionHandler();
app.UseDefaultFiles();
app.UseStaticFiles();   // wwwroot/index.html and chat.js

app.MapGet("/stream", (string question, IChatClient client, CancellationToken cancellationToken) =>
    TypedResults.ServerSentEvents(AnswerAsync(client, question, cancellationToken)));

app.Run();

// A budget refuses before the first event, so the page gets 429. If the visitor closes the page, the stream is cancelled, and only what
// was received is charged.
static async IAsyncEnumerable<SseItem<string>> AnswerAsync(IChatClient client, string question, [EnumeratorCancellation] CancellationToken cancellationToken)
{
    List<ChatResponseUpdate> updates = [];
    await foreach (ChatResponseUpdate update in client.GetStreamingResponseAsync(question, new ChatOptions { MaxOutputTokens = 500 }, cancellationToken))
    {
        updates.Add(update);
        if (update.Text.Length > 0)
        {
            yield return new SseItem<string>(update.Text, "text");
        }
    }

    string cost = updates.TryGetReceipt(out CallReceipt? receipt) ? $"${receipt.Cost:0.000000}" : "unknown";
    yield return new SseItem<string>(cost, "cost");
}
