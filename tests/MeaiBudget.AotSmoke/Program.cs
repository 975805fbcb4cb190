using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Net;
using System.Text;
using System.Text.Json;
using MeaiBudget;
using MeaiBudget.AotSmoke;
using Microsoft.Extensions.AI;

// The whole pipeline on scripted providers: estimate, budget, retry, fallback, logging, receipts, prices, metrics.
// Prints each figure next to its expected value. The exit code is the number of figures that differ.
const string Secret = "sk-proj-Zk3vQ8mN1xR7tY5wB2cD9fG4hJ6kL0pS";
var figures = new Figures();
using var self = Process.GetCurrentProcess();
DateTime started = self.StartTime.ToUniversalTime();
Figures.State("from the start of the process to the program", (TimeProvider.System.GetUtcNow() - started).TotalMilliseconds);

long costMeasurements = 0;
using var listener = new MeterListener();
listener.InstrumentPublished = (instrument, subscribed) =>
{
    if (instrument.Meter.Name == MeaiBudgetDiagnostics.MeterName && instrument.Name == "meaibudget.client.cost")
    {
        subscribed.EnableMeasurementEvents(instrument);
    }
};
listener.SetMeasurementEventCallback<double>((_, _, _, _) => costMeasurements++);
listener.Start();

using var primary = new ScriptedProvider("openai", "gpt-4.1-mini", inputTokens: 14, outputTokens: 8);
using var alternate = new ScriptedProvider("anthropic", "claude-haiku-4-5", inputTokens: 16, outputTokens: 9);
using var local = new ScriptedProvider("ollama", "llama3.2", inputTokens: 20, outputTokens: 10);
using var logs = new RecordingLoggerFactory();
var tracker = new CostTracker(Budget.Daily("day", 0.02m), Budget.Monthly("tenant", 10m).PerTag("tenant"));
IChatClient client = new ChatClientBuilder(primary)
    .UseRedactedLogging(logs, options => options.Content = LoggedContent.Redacted)
    .UseTokenEstimation()
    .UseBudget(tracker)
    .UseRetry(new RetryOptions { BaseDelay = TimeSpan.FromMilliseconds(1), RetryBudget = new RetryBudget(ratio: 1, minimum: 100) })
    .UseFallback([new ChatRoute("anthropic", alternate), new ChatRoute("local", local) { IsLocal = true }])
    .Build();
var options = new ChatOptions
{
    MaxOutputTokens = 1_000,
    AdditionalProperties = new() { ["tenant"] = "acme" },
    Tools = [AIFunctionFactory.CreateDeclaration("weather", "Tells the weather.", JsonElement.Parse("""{"type":"object","properties":{"city":{"type":"string"}}}"""))],
};

decimal spent = 0m;
CallReceipt first = await AskAsync($"My key is {Secret}.");
Figures.State("from the start of the process to the first answer", (TimeProvider.System.GetUtcNow() - started).TotalMilliseconds);
figures.Expect("an answer's cost", 0.0000184m, first.Cost);
figures.Expect("an estimate is there", true, first.Answer?.Estimate is { InputTokens: > 20 });
figures.Expect("the tenant's tag reached the budget", first.Cost, (await tracker.GetStatusAsync("tenant", "acme")).Spent);

primary.FailWith(HttpStatusCode.TooManyRequests);
CallReceipt retried = await AskAsync("Once more.");
figures.Expect("attempts after a rate limit", 2, retried.Attempts.Count);
figures.Expect("the second one answered", "openai", retried.Answer?.Provider);

primary.FailWith(HttpStatusCode.ServiceUnavailable, HttpStatusCode.ServiceUnavailable, HttpStatusCode.ServiceUnavailable);
CallReceipt substituted = await AskAsync("And again.");
figures.Expect("attempts in an outage", 4, substituted.Attempts.Count);
figures.Expect("the alternate answered", "anthropic", substituted.Answer?.Route);
figures.Expect("its cost", 0.000061m, substituted.Cost);
figures.Expect("the call was substituted", true, substituted.WasSubstituted);

var updates = new List<ChatResponseUpdate>();
await foreach (ChatResponseUpdate update in client.GetStreamingResponseAsync("In pieces.", options))
{
    updates.Add(update);
}

figures.Expect("a stream's text", "Answered by openai.", updates.ToChatResponse().Text);
figures.Expect("a stream's receipt", true, updates.TryGetReceipt(out CallReceipt? streamed));
figures.Expect("a stream's cost", 0.0000184m, streamed?.Cost);
spent += streamed?.Cost ?? 0m;

options.MaxOutputTokens = 100_000;
CallReceipt refused = await AskAsync("A long story.");
figures.Expect("outcomes on a budget that is too small", "Refused, Refused, Answered", string.Join(", ", refused.Attempts.Select(attempt => attempt.Outcome)));
figures.Expect("the local model answered", "local", refused.Answer?.Route);
figures.Expect("for nothing", 0m, refused.Cost);
options.MaxOutputTokens = 1_000;

IChatClient alone = new ChatClientBuilder(primary).UseBudget(Budget.Daily("none", 0m)).Build();
int requests = primary.Requests;
RefusalReason? reason = null;
try
{
    await alone.GetResponseAsync("Hello.");
}
catch (BudgetExceededException exception)
{
    reason = exception.Refusal.Reason;
}

figures.Expect("a budget of zero refuses", RefusalReason.Spent, reason);
figures.Expect("and sends nothing", requests, primary.Requests);

using (var run = BudgetRun.Begin("import", 1m))
{
    spent += (await AskWithoutAddingAsync("Inside a run.")).Cost;
    figures.Expect("what a run spent", 0.0000184m, run.Spent);
}

IReadOnlyList<BudgetStatus> status = await tracker.GetStatusAsync();
figures.Expect("the budget's account", spent, status.Single(budget => budget.Budget == "day").Spent);
figures.Expect("nothing is held", 0m, status.Sum(budget => budget.Held));
figures.Expect("records of answered calls", 6, logs.Records.Count(record => record.Id == 501));
figures.Expect("records of failed attempts", 4, logs.Records.Count(record => record.Id == 504));
figures.Expect("records of refused attempts", 2, logs.Records.Count(record => record.Id == 505));
figures.Expect("records with the key", 0, logs.Records.Count(record => record.Text.Contains(Secret, StringComparison.Ordinal)));
figures.Expect("measured costs", true, costMeasurements >= 6);

figures.Expect("tokens of a text", 7, TokenCounters.ForModel("gpt-4o").Count("How many tokens is this text?"));
figures.Expect("tokens under the older encoding", 2, TokenCounters.ForModel("gpt-4").Count("hello world"));
using var file = new MemoryStream(Encoding.UTF8.GetBytes(
    """{ "format": "meaibudget-prices/1", "date": "2026-11-01", "models": [{ "id": "my-model", "prices": [{ "input": 0.5, "output": 1.5 }] }] }"""));
PriceCatalog catalog = PriceCatalog.Default.With(PriceCatalog.Load(file));
figures.Expect("a price of one's own", 2m, catalog.Resolve("my-model").Price?.CostOf(new BillableUsage { InputTokens = 1_000_000, OutputTokens = 1_000_000 }).Amount);
figures.Expect("a price of the catalog", PriceMatch.Exact, catalog.Resolve("gpt-4.1-mini").Match);
var estimator = new TokenEstimator();
estimator.ImportLearning(estimator.ExportLearning());

Console.WriteLine(figures.Mismatches == 0 ? "Every figure is right." : $"{figures.Mismatches} figures are wrong.");
return figures.Mismatches;

async Task<CallReceipt> AskAsync(string prompt)
{
    CallReceipt receipt = await AskWithoutAddingAsync(prompt);
    spent += receipt.Cost;
    return receipt;
}

async Task<CallReceipt> AskWithoutAddingAsync(string prompt)
{
    ChatResponse response = await client.GetResponseAsync(prompt, options);
    return response.TryGetReceipt(out CallReceipt? receipt) ? receipt : throw new InvalidOperationException("An answer without a receipt.");
}
