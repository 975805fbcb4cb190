using System.Net.Http.Json;
using System.Text.Json;
using MeaiBudget.Testing;
using Microsoft.Extensions.AI;

namespace MeaiBudget.Tests;

/// <summary>A day of calls to simulated providers, and their bills of it.</summary>
[Collection("admin keys")]
public sealed class SimulatedDayTests : IAsyncLifetime
{
    private readonly BilledLedger _ledger = new();
    private ProviderSimulator _simulator = null!;

    public async ValueTask InitializeAsync()
    {
        _simulator = await ProviderSimulator.StartAsync(new ProviderSimulatorOptions { TimeProvider = _ledger.Clock });
        Environment.SetEnvironmentVariable("OPENAI_ADMIN_KEY", "sk-admin-made-up");
        Environment.SetEnvironmentVariable("ANTHROPIC_ADMIN_KEY", "sk-ant-admin-made-up");
    }

    public async ValueTask DisposeAsync()
    {
        await _simulator.DisposeAsync();
        _ledger.Dispose();
    }

    [Fact]
    public async Task ADayIsReconciledToThePlantedDifferencesAndThenToZero()
    {
        await PlayAsync();
        string[] openAI = ["reconcile", _ledger.File, "--fetch", "openai", "--endpoint", _simulator.OpenAIBaseUrl.ToString(), "--from", "2026-11-20", "--to", "2026-11-22", "--tolerance", "0"];
        string[] anthropic = ["reconcile", _ledger.File, "--fetch", "anthropic", "--endpoint", _simulator.AnthropicBaseUrl + "/v1", "--from", "2026-11-20", "--to", "2026-11-22", "--tolerance", "0"];

        Dictionary<string, (bool Differs, string Result, decimal Difference)> rows = Rows(BilledLedger.Run([.. openAI, "--json"]));

        // A failure that was billed, a stream that was cut, and a key that is used elsewhere.
        Assert.Equal(["gpt-4.1", "gpt-4.1-nano", "gpt-4o-mini"], rows.Where(row => row.Value.Differs).Select(row => row.Key).Order(StringComparer.Ordinal));
        Assert.Equal(("tokens", 0.0028m), (rows["gpt-4.1"].Result, rows["gpt-4.1"].Difference));
        Assert.Equal(("only-billed", 0.0001m), (rows["gpt-4.1-nano"].Result, rows["gpt-4.1-nano"].Difference));
        Assert.Equal("unconfirmed", rows["gpt-4o-mini"].Result);
        Assert.Equal((false, 0m), (rows["gpt-4o"].Differs, rows["gpt-4o"].Difference));
        Assert.Equal((false, 0m), (rows["o3"].Differs, rows["o3"].Difference));
        Assert.All(Rows(BilledLedger.Run([.. anthropic, "--json"])).Values, row => Assert.Equal((false, 0m), (row.Differs, row.Difference)));

        Assert.Equal(0, BilledLedger.Run([.. openAI, "--apply"]).ExitCode);
        Assert.All(Rows(BilledLedger.Run([.. openAI, "--json"])).Values, row => Assert.Equal((false, 0m), (row.Differs, row.Difference)));
        string again = BilledLedger.Run([.. openAI, "--apply"]).Output;
        Assert.Contains("0 unconfirmed attempts resolved, 0 attempts adjusted, 0 USD unattributed", again, StringComparison.Ordinal);
    }

    [Fact]
    public async Task PagesAreFollowed()
    {
        await PlayAsync();

        (int exitCode, string output, string error) = BilledLedger.Run(
            "reconcile", _ledger.File, "--fetch", "anthropic", "--endpoint", _simulator.AnthropicBaseUrl + "/v1", "--from", "2026-09-01", "--to", "2026-11-22", "--json");

        Assert.Equal(("", 0), (error, exitCode));
        Assert.Equal("2026-09-01T00:00:00Z", JsonDocument.Parse(output).RootElement.GetProperty("from").GetString());
        Assert.Contains(_simulator.Requests, request => request.Path.Contains("page=page_62", StringComparison.Ordinal));
    }

    [Fact]
    public async Task AKeyThatMayNotReadBillsIsAClearError()
    {
        await using ProviderSimulator strict = await ProviderSimulator.StartAsync(new ProviderSimulatorOptions { AcceptedApiKey = "another" });
        await _ledger.RecordAsync();

        (int exitCode, _, string error) = BilledLedger.Run("reconcile", _ledger.File, "--fetch", "openai", "--endpoint", strict.OpenAIBaseUrl.ToString(), "--from", "2026-11-20", "--to", "2026-11-21");

        Assert.Equal(2, exitCode);
        Assert.Contains("It must be an admin key", error, StringComparison.Ordinal);
        Assert.DoesNotContain("made-up", error, StringComparison.Ordinal);
    }

    private async Task PlayAsync()
    {
        await using SqliteSpendLedger ledger = _ledger.Open();
        var tracker = new CostTracker(
            [Budget.Daily("day", 100m), Budget.Monthly("tenant", 100m).PerTag("tenant")], PriceCatalog.Default.WithTimeProvider(_ledger.Clock), ledger, options => options.TimeProvider = _ledger.Clock);
        using HttpMessageHandler handler = ProviderSimulator.CreateHttpHandler();
        using IChatClient openAI = Pipeline(
            OpenAIChatClientFactory.Create(new OpenAIChatClientOptions { ApiKey = "key", BaseUrl = _simulator.OpenAIBaseUrl.ToString(), ModelId = "gpt-4o", HttpMessageHandler = handler }), tracker);
        using IChatClient anthropic = Pipeline(
            AnthropicChatClientFactory.Create(new AnthropicChatClientOptions { ApiKey = "key", BaseUrl = _simulator.AnthropicBaseUrl.ToString(), ModelId = "claude-haiku-4-5", HttpMessageHandler = handler }), tracker);
        var answer = SimulatedResponse.Text("Some words.");

        for (int i = 0; i < 12; i++)
        {
            _simulator.OpenAI.Enqueue(answer.WithUsage(new SimulatedUsage(1_237 + i, 143) { CachedInputTokens = 512, ReasoningTokens = 7 }));
            await openAI.GetResponseAsync("A question", Options("gpt-4o", i % 3 == 0 ? "a" : "b"));
            _simulator.Anthropic.Enqueue(answer.WithUsage(new SimulatedUsage(3_001, 97) { CachedInputTokens = 1_000, CacheWriteTokens = 500, CacheWriteOneHourTokens = 250 }));
            await anthropic.GetResponseAsync("A question", Options("claude-haiku-4-5", "a"));
            _ledger.Clock.Advance(TimeSpan.FromMinutes(50));
        }

        // Another tier, and a retry of a failure that cost nothing.
        _simulator.OpenAI.Enqueue(answer.WithUsage(10_000, 333));
        await openAI.GetResponseAsync("A question", Options("o3", "a", "flex"));
        _simulator.OpenAI.Enqueue(SimulatedResponse.ServerError(), answer.WithUsage(2_000, 50));
        await openAI.GetResponseAsync("A question", Options("o3", "b"));

        // A retry of a failure that the provider billed.
        _simulator.OpenAI.Enqueue(SimulatedResponse.ServerError().BilledAs(new SimulatedUsage(1_000, 100)), answer.WithUsage(1_000, 100));
        await openAI.GetResponseAsync("A question", Options("gpt-4.1", "b"));

        // A stream that was cut: the provider billed what it sent, and nobody reported it.
        _simulator.OpenAI.Enqueue(SimulatedResponse.Text(string.Join(' ', Enumerable.Repeat("word", 50))).WithUsage(900, 50).DropAfter(20));
        await Assert.ThrowsAnyAsync<Exception>(async () =>
        {
            await foreach (ChatResponseUpdate _ in openAI.GetStreamingResponseAsync("A question", Options("gpt-4o-mini", "a")))
            {
            }
        });

        // The same key, elsewhere.
        _simulator.OpenAI.Enqueue(answer.WithUsage(1_000, 0));
        using var client = new HttpClient();
        await client.PostAsJsonAsync(_simulator.OpenAIBaseUrl + "/chat/completions", new { model = "gpt-4.1-nano", messages = new[] { new { role = "user", content = "hi" } } });
        await _simulator.WaitForCompletionAsync(TestContext.Current.CancellationToken);
    }

    private static IChatClient Pipeline(IChatClient client, CostTracker tracker) =>
        new ChatClientBuilder(client).UseTokenEstimation().UseBudget(tracker).UseRetry(new RetryOptions { BaseDelay = TimeSpan.FromMilliseconds(1) }).Build();

    private static ChatOptions Options(string model, string tenant, string? tier = null)
    {
        var options = new ChatOptions { ModelId = model, MaxOutputTokens = 500, AdditionalProperties = new() { ["tenant"] = tenant } };
        if (tier is not null)
        {
#pragma warning disable OPENAI001 // Tiers are in preview in the SDK.
            options.RawRepresentationFactory = _ => new OpenAI.Chat.ChatCompletionOptions { ServiceTier = new OpenAI.Chat.ChatServiceTier(tier) };
#pragma warning restore OPENAI001
        }

        return options;
    }

    private static Dictionary<string, (bool Differs, string Result, decimal Difference)> Rows((int ExitCode, string Output, string Error) run)
    {
        Assert.Equal("", run.Error);
        return JsonDocument.Parse(run.Output).RootElement.GetProperty("rows").EnumerateArray().ToDictionary(
            row => row.GetProperty("model").GetString()!,
            row => (row.GetProperty("differs").GetBoolean(), row.GetProperty("result").GetString()!, row.GetProperty("difference").GetDecimal()));
    }
}
