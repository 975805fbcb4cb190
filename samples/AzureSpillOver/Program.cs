// Three Azure deployments of one model: the provisioned one first, then pay-as-you-go in two regions.
using MeaiBudget;
using MeaiBudget.Testing;
using Microsoft.Extensions.AI;

// Without endpoints, a simulator plays all three, in this process: the provisioned deployment is busy for two of three requests.
string? provisionedUrl = Environment.GetEnvironmentVariable("AZURE_PROVISIONED_ENDPOINT");
await using ProviderSimulator? simulator = provisionedUrl is null ? await ProviderSimulator.StartAsync() : null;
int requests = 0;
simulator?.OpenAI.ForModel("chat-provisioned").Default = SimulatedResponse.From(request =>
    Interlocked.Increment(ref requests) % 3 == 1 ? SimulatedResponse.Echo() : SimulatedResponse.RateLimited(retryAfter: "30"));

ChatRoute provisioned = Deployment("chat-provisioned", provisionedUrl);
ChatRoute sweden = Deployment("chat-sweden", Environment.GetEnvironmentVariable("AZURE_SWEDEN_ENDPOINT"));
ChatRoute france = Deployment("chat-france", Environment.GetEnvironmentVariable("AZURE_FRANCE_ENDPOINT"));

var tracker = new CostTracker(Budget.Daily("all", 10m));
IChatClient client = new ChatClientBuilder(provisioned.Client)
    .UseTokenEstimation()
    .UseBudget(tracker)
    .UseRetry(new RetryOptions { MaxRetries = 0 })   // a busy deployment is not asked again: the next one is
    .UseFallback([sweden, france], fallback => (fallback.Primary, fallback.Policy) = (provisioned, IFallbackPolicy.InOrder))
    .Build();

for (int i = 1; i <= 6; i++)
{
    ChatResponse response = await client.GetResponseAsync($"Question {i}");
    Console.WriteLine($"{response.Text}: {(response.TryGetReceipt(out CallReceipt? receipt) ? receipt.Attempts[^1].Route : "?")}");
}

BudgetStatus status = await tracker.GetStatusAsync("all");
Console.WriteLine($"6 answers, ${status.Spent:0.000000}: a busy deployment bills nothing.");

ChatRoute Deployment(string name, string? endpoint)
{
    var options = new AzureOpenAIChatClientOptions
    {
        // For Entra ID, set Credential = new DefaultAzureCredential() (package Azure.Identity) in place of the key.
        ApiKey = Environment.GetEnvironmentVariable("AZURE_OPENAI_API_KEY") ?? "none",
        BaseUrl = endpoint ?? simulator?.OpenAIBaseUrl.ToString(),
        ModelId = name,
        Deployments = { [name] = "gpt-4.1-mini" },   // prices, tokenizer and limits are those of the model
    };
    return new ChatRoute(name, AzureOpenAIChatClientFactory.Create(options));
}
