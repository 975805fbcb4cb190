using MeaiBudget.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace MeaiBudget.Tests;

/// <summary>A minimal API whose tenants have a daily budget each, as docs/apps.md shows it, on OpenAI's SDK and the simulator.</summary>
internal sealed class TenantApp : IAsyncDisposable
{
    private readonly WebApplication _app;

    private TenantApp(WebApplication app, ProviderSimulator simulator, CostTracker tracker, CountingLedger ledger, WatchedClock clock, FirstCall firstCall)
    {
        _app = app;
        Simulator = simulator;
        Tracker = tracker;
        Ledger = ledger;
        Clock = clock;
        FirstCallEnded = firstCall.Ended.Task;
        Http = app.GetTestClient();
    }

    public ProviderSimulator Simulator { get; }

    public CostTracker Tracker { get; }

    public CountingLedger Ledger { get; }

    public WatchedClock Clock { get; }

    public HttpClient Http { get; }

    /// <summary>Ends when the first call of the app has, whoever waits for it.</summary>
    public Task<CallReceipt> FirstCallEnded { get; }

    public static async Task<TenantApp> StartAsync(decimal limit)
    {
        var clock = new WatchedClock();
        ProviderSimulator simulator = await ProviderSimulator.StartAsync();
        var ledger = new CountingLedger(new InMemorySpendLedger(clock));
        var tracker = new CostTracker(
            [Budget.Daily("tenant", limit).PerTag("tenant")],
            PriceCatalog.Empty.With("gpt-4.1-mini", ModelPrice.PerMillionTokens(100m, 100m)),
            ledger);

        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseTestServer();
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton<TimeProvider>(clock);
        builder.Services.AddSingleton(tracker);
        var firstCall = new FirstCall();
        builder.Services.AddSingleton<ICallObserver>(firstCall);
        builder.Services.AddChatClient(RealClients.Create(simulator, SimulatedProvider.OpenAI, "gpt-4.1-mini", options => options.HttpMessageHandler = ProviderSimulator.CreateHttpHandler()))
            .UseTokenEstimation().UseBudget().UseRetry().UseFallback();
        builder.Services.AddBudgetProblemDetails();
        WebApplication app = builder.Build();
        app.UseExceptionHandler();
        app.MapPost("/ask", async (Question question, [FromHeader(Name = "X-Tenant")] string tenant, IChatClient client, CancellationToken cancellationToken) =>
            (await client.GetResponseAsync(question.Text, OptionsOf(tenant), cancellationToken)).Text);
        app.MapPost("/stream", (Question question, [FromHeader(Name = "X-Tenant")] string tenant, IChatClient client, CancellationToken cancellationToken) =>
            TypedResults.ServerSentEvents(client.GetStreamingResponseAsync(question.Text, OptionsOf(tenant), cancellationToken).Select(update => update.Text)));
        await app.StartAsync();
        return new TenantApp(app, simulator, tracker, ledger, clock, firstCall);
    }

    public static HttpRequestMessage Request(string path, string? tenant, string text = "Hello")
    {
        var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = System.Net.Http.Json.JsonContent.Create(new Question(text)) };
        if (tenant is not null)
        {
            request.Headers.Add("X-Tenant", tenant);
        }

        return request;
    }

    public async Task<BudgetStatus> StatusAsync(string tenant) => await Tracker.GetStatusAsync("tenant", tenant);

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _app.DisposeAsync();
        await Simulator.DisposeAsync();
    }

    private static ChatOptions OptionsOf(string tenant) => new() { MaxOutputTokens = 100, AdditionalProperties = new() { ["tenant"] = tenant } };

    public sealed record Question(string Text);

    private sealed class FirstCall : ICallObserver
    {
        public TaskCompletionSource<CallReceipt> Ended { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public void OnCall(CallReceipt receipt) => Ended.TrySetResult(receipt);
    }
}
