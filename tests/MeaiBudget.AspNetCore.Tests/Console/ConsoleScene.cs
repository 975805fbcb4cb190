using MeaiBudget.Testing;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Time.Testing;

namespace MeaiBudget.Tests;

/// <summary>A month of a company with ten tenants, of which one is refused at 10:02 today and others are answered by a local model.</summary>
internal static class ConsoleScene
{
    public static readonly DateTimeOffset Now = new(2026, 11, 20, 14, 30, 0, TimeSpan.Zero);

    private static readonly string[] Models = ["gpt-4o", "gpt-4o-mini", "claude-sonnet-4-5", "claude-haiku-4-5"];

    public static FakeTimeProvider Time() => new(Now - TimeSpan.FromDays(20));

    public static CostTracker Tracker(TimeProvider time) => new(
        [
            Budget.Daily("All calls", 150m),
            Budget.Monthly("Company", 1400m),
            Budget.Monthly("Tenant", 260m).PerTag("tenant"),
            Budget.Hourly("Burst", null) with { Enforcement = Enforcement.Observe },
            Budget.PerRun(2m),
        ],
        ledger: new InMemorySpendLedger(time) { KeepsRecords = true });

    /// <summary>Plays the month.</summary>
    public static async Task PlayAsync(ConsoleApplication app, FakeTimeProvider time)
    {
        var random = new Random(7);
        while (time.GetUtcNow() < Now - TimeSpan.FromMinutes(5))
        {
            DateTimeOffset at = time.GetUtcNow();
            if (at.Hour is >= 7 and < 20)
            {
                int tenant = Math.Min(random.Next(1, 11), random.Next(1, 11));
                await app.Tracker.SpendAsync(Models[random.Next(Models.Length)], random.Next(20_000, 1_400_000), random.Next(1_000, 60_000), Tags($"tenant-{tenant}"));
            }

            if (at is { Day: 20, Hour: 10, Minute: 0 })
            {
                await RefuseAsync(app, time);
                await app.CallAsync("gpt-4o-mini", 800, 200, "tenant-5");
            }

            time.Advance(TimeSpan.FromMinutes(at.Day == 20 ? 10 : 30));
        }

        await FallBackAsync(app);
        await DoubtAsync(app, "tenant-2");
        await app.CallAsync("gpt-4o-mini", 1200, 300, "tenant-3");
        time.Advance(TimeSpan.FromSeconds(90));
    }

    /// <summary>A call whose answer is lost, so that it is not known whether the provider billed it.</summary>
    public static async Task DoubtAsync(ConsoleApplication app, string tenant)
    {
        using IChatClient client = new ChatClientBuilder(new ScriptedChatClient("gpt-4o", "openai").Enqueue(new TimeoutException("lost"))).UseBudget(app.Tracker).Build(app.Application.Services);
        await Assert.ThrowsAsync<TimeoutException>(() => client.GetResponseAsync("the question nobody may see", Options("gpt-4o", tenant)));
    }

    public static IReadOnlyDictionary<string, string> Tags(string tenant) => new Dictionary<string, string> { ["tenant"] = tenant };

    /// <summary>The tenant's month is spent, so its next call is refused.</summary>
    private static async Task RefuseAsync(ConsoleApplication app, FakeTimeProvider time)
    {
        BudgetStatus status = await app.Tracker.GetStatusAsync("Tenant", "globex");
        await app.Tracker.SetLimitAsync("Tenant", "globex", status.Spent + 1m, "test");
        await app.Tracker.SpendAsync("gpt-4o", 400_000, 0, Tags("globex"));
        time.Advance(TimeSpan.FromMinutes(2));
        await app.CallAsync("gpt-4o", 100_000, 1_000, "globex");
    }

    /// <summary>A provider that limits the rate, and a call that a local model answers.</summary>
    private static async Task FallBackAsync(ConsoleApplication app)
    {
        var busy = new ScriptedChatClient("gpt-4o", "openai") { Default = ScriptedReply.Throw(new HttpRequestException("busy", null, System.Net.HttpStatusCode.TooManyRequests)) };
        var local = new ScriptedChatClient("llama3.2", "ollama") { Default = ScriptedReply.Text("local").WithUsage(900, 80).WithModelId("llama3.2") };
        using IChatClient client = new ChatClientBuilder(busy).UseBudget(app.Tracker)
            .UseFallback([new ChatRoute("local", local) { IsLocal = true, ModelId = "llama3.2" }]).Build(app.Application.Services);
        for (int i = 0; i < 2; i++)
        {
            await client.GetResponseAsync("the question nobody may see", Options("gpt-4o", "tenant-4"));
        }
    }

    private static ChatOptions Options(string model, string tenant) =>
        new() { ModelId = model, MaxOutputTokens = 200, AdditionalProperties = new AdditionalPropertiesDictionary { ["tenant"] = tenant } };
}
