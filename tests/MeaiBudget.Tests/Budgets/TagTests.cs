using System.Globalization;
using System.Security.Claims;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using MeaiBudget.Testing;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;
using Microsoft.Extensions.Primitives;

namespace MeaiBudget.Tests;

/// <summary>Tags of any type, required tags, tags of a flow, and the warning where a tag is missing.</summary>
public sealed class TagTests
{
    public static TheoryData<object, string> Values => new()
    {
        { "acme", "acme" },
        { new StringValues("acme"), "acme" },
        { JsonDocument.Parse("\"acme\"").RootElement, "acme" },
        { JsonValue.Create("acme"), "acme" },
        { JsonNode.Parse("\"acme\"")!, "acme" },
        { new[] { "acme" }, "acme" },
        { new Claim("tenant", "acme"), "acme" },
        { new StringBuilder("acme"), "acme" },
        { "acme".AsMemory(), "acme" },
        { 'a', "a" },
        { new Uri("http://acme"), "http://acme/" },
        { true, "true" },
        { JsonDocument.Parse("true").RootElement, "true" },
        { JsonValue.Create(true), "true" },
        { 42, "42" },
        { 42.0, "42" },
        { 42.0m, "42" },
        { JsonDocument.Parse("42").RootElement, "42" },
        { JsonDocument.Parse("42.0").RootElement, "42" },
        { JsonValue.Create(42L), "42" },
        { Guid.Empty, "00000000-0000-0000-0000-000000000000" },
        { DayOfWeek.Friday, "Friday" },
        { 1.5, "1.5" },
        { JsonValue.Create(1.5m), "1.5" },
    };

    [Theory]
    [MemberData(nameof(Values), DisableDiscoveryEnumeration = true)]
    public async Task M10_AValueThatIsOneTextIsATag(object value, string key)
    {
        CultureInfo.CurrentCulture = CommaCulture();
        var tracker = new CostTracker(Budget.Daily("tenants", 5m).PerTag("tenant"));
        await ClientOf(tracker).GetResponseAsync("x", With("tenant", value), TestContext.Current.CancellationToken);
        Assert.Equal(key, Assert.Single(await tracker.GetStatusAsync(TestContext.Current.CancellationToken)).Key);
    }

    [Fact]
    public async Task M10_TenantsFromHttpHeadersHaveTheirOwnLimits()
    {
        var tracker = new CostTracker(Budget.Daily("tenants", 0.004m).PerTag("tenant"));
        IChatClient client = ClientOf(tracker, ScriptedReply.Text("a").WithUsage(1000, 1000));
        await Assert.ThrowsAsync<BudgetExceededException>(async () =>
        {
            for (int i = 0; i < 100; i++)
            {
                await client.GetResponseAsync("x", With("tenant", new StringValues("mallory")));
            }
        });
        await client.GetResponseAsync("x", With("tenant", new StringValues("alice")), TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task M10_OptionsThatCameAsJsonKeepTheirTags()
    {
        string json = JsonSerializer.Serialize(With("tenant", "acme"), AIJsonUtilities.DefaultOptions);
        var tracker = new CostTracker(Budget.Daily("tenants", 5m).PerTag("tenant"));
        await ClientOf(tracker).GetResponseAsync("x", JsonSerializer.Deserialize<ChatOptions>(json, AIJsonUtilities.DefaultOptions), TestContext.Current.CancellationToken);
        Assert.Equal("acme", Assert.Single(await tracker.GetStatusAsync(TestContext.Current.CancellationToken)).Key);
    }

    [Theory]
    [InlineData("Tenant", "tenant")]
    [InlineData("tenant", "TENANT")]
    public async Task M10_NamesOfTagsAreComparedWithoutCase(string set, string partition)
    {
        var tracker = new CostTracker(Budget.Daily("tenants", 5m).PerTag(partition));
        await ClientOf(tracker).GetResponseAsync("x", With(set, "acme"), TestContext.Current.CancellationToken);
        Assert.Equal("acme", Assert.Single(await tracker.GetStatusAsync(TestContext.Current.CancellationToken)).Key);
        Assert.True(await tracker.AllowAsync("gpt-4.1-mini", 10, 10, new Dictionary<string, string> { [set] = "other" }, TestContext.Current.CancellationToken));
        await tracker.SpendAsync("gpt-4.1-mini", 10, 10, new Dictionary<string, string> { [set] = "acme" }, TestContext.Current.CancellationToken);
        Assert.Single(await tracker.GetStatusAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task M10_ARequiredTagThatIsMissingIsRefused()
    {
        var tracker = new CostTracker(Budget.Daily("tenants", 5m).PerTag("tenant", required: true));
        IChatClient client = ClientOf(tracker);
        object?[] values = [null, "", "  ", new List<string> { "a", "b" }, new StringValues(["a", "b"]), JsonDocument.Parse("{}").RootElement, new object()];
        foreach (object? value in values)
        {
            BudgetExceededException refused = await Assert.ThrowsAsync<BudgetExceededException>(() => client.GetResponseAsync("x", With("tenant", value)));
            Assert.Equal(RefusalReason.MissingTag, refused.Refusal.Reason);
            Assert.Contains("'tenant'", refused.Message, StringComparison.Ordinal);
        }

        await Assert.ThrowsAsync<BudgetExceededException>(() => client.GetResponseAsync("x"));
        await client.GetResponseAsync("x", With("tenant", "acme"), TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task M10_AnObservingBudgetCountsARequiredTagThatIsMissing()
    {
        var observer = new RecordingObserver();
        var tracker = new CostTracker(
            [Budget.Daily("tenants", 5m).PerTag("tenant").PerTag("tenant", required: true).PerTag("tenant") with { Enforcement = Enforcement.Observe }],
            configure: options => options.Observers.Add(observer));
        await ClientOf(tracker).GetResponseAsync("x", cancellationToken: TestContext.Current.CancellationToken);
        Assert.StartsWith("MissingTag", Assert.Single(observer.Of(BudgetEventKind.WouldHaveRefused)).Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task M10_AMissingOrUnreadableTagIsWarnedOfOnce()
    {
        var logs = new FakeLogCollector();
        ServiceProvider services = new ServiceCollection().AddLogging(logging => logging.AddProvider(new FakeLoggerProvider(logs))).BuildServiceProvider();
        var tracker = new CostTracker(Budget.Daily("tenants", 5m).PerTag("tenant"));
        IChatClient client = ClientOf(tracker, services: services);
        for (int i = 0; i < 3; i++)
        {
            await client.GetResponseAsync("x", With("tenant", new Dictionary<string, string>()), TestContext.Current.CancellationToken);
            await client.GetResponseAsync("x", cancellationToken: TestContext.Current.CancellationToken);
            await client.GetResponseAsync("x", With("tenant", "acme"), TestContext.Current.CancellationToken);
        }

        string[] warnings = [.. logs.GetSnapshot().Where(entry => entry.Level == LogLevel.Warning && entry.Id.Name == "BudgetTagMissing").Select(entry => entry.Message)];
        Assert.Equal(2, warnings.Length);
        Assert.Contains("Dictionary", warnings[0], StringComparison.Ordinal);
        Assert.Contains("has no tag 'tenant'", warnings[1], StringComparison.Ordinal);
        Assert.All(warnings, warning => Assert.Contains("PerTag(\"tenant\", required: true)", warning, StringComparison.Ordinal));
    }

    [Fact]
    public async Task M10_TagsOfAFlowOverrideThoseOfTheOptions()
    {
        var tracker = new CostTracker(Budget.Daily("tenants", 5m).PerTag("tenant"));
        IChatClient client = ClientOf(tracker);
        using (BudgetRun.UseTags([new("Tenant", "acme")]))
        {
            await client.GetResponseAsync("x", With("tenant", "other"), TestContext.Current.CancellationToken);
            await client.GetResponseAsync("x", cancellationToken: TestContext.Current.CancellationToken);
            using (BudgetRun.UseTags([new("team", "red")]))
            {
                await client.GetStreamingResponseAsync("x", cancellationToken: TestContext.Current.CancellationToken).ToChatResponseAsync(TestContext.Current.CancellationToken);
            }

            Assert.Equal("acme", Assert.Single(await tracker.GetStatusAsync(TestContext.Current.CancellationToken)).Key);
            using (BudgetRun.UseTags([new("tenant", null)]))
            {
                await client.GetResponseAsync("x", With("tenant", "other"), TestContext.Current.CancellationToken);
            }
        }

        await client.GetResponseAsync("x", With("tenant", "free"), TestContext.Current.CancellationToken);
        Assert.Equal(["", "acme", "free"], (await tracker.GetStatusAsync(TestContext.Current.CancellationToken)).Select(status => status.Key).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task M10_AttributionIsRecordedAndDividesNoBudget()
    {
        var ledger = new InMemorySpendLedger();
        var tracker = new CostTracker([Budget.Daily("tenants", 5m).PerTag("tenant")], ledger: ledger);
        using (BudgetRun.UseTags([], attribution: [new("tenant", "from-baggage")]))
        {
            await ClientOf(tracker).GetResponseAsync("x", cancellationToken: TestContext.Current.CancellationToken);
        }

        Assert.Equal("", Assert.Single(await tracker.GetStatusAsync(TestContext.Current.CancellationToken)).Key);
    }

    private static CultureInfo CommaCulture()
    {
        var culture = (CultureInfo)CultureInfo.InvariantCulture.Clone();
        culture.NumberFormat.NumberDecimalSeparator = ",";
        return culture;
    }

    private static IChatClient ClientOf(CostTracker tracker, ScriptedReply? reply = null, IServiceProvider? services = null) =>
        new ChatClientBuilder(new ScriptedChatClient("gpt-4.1-mini", "openai") { Default = reply ?? ScriptedReply.Text("a").WithUsage(10, 2) })
            .UseBudget(tracker).Build(services);

    private static ChatOptions With(string tag, object? value) => new() { MaxOutputTokens = 1000, AdditionalProperties = new() { [tag] = value } };
}
