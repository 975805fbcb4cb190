using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using MeaiBudget.Testing;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Time.Testing;

namespace MeaiBudget.Tests;

/// <summary>More questions of operators, each answered by one page.</summary>
public sealed partial class ConsoleQuestionTests
{
    private static readonly DateTimeOffset Start = new(2026, 11, 20, 12, 0, 0, TimeSpan.Zero);

    private readonly FakeTimeProvider _time = new(Start);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task R2_WhoWasRefusedMostThisWeekIsOnTheOverviewWhateverTheySpent()
    {
        await using ConsoleApplication app = await StartAsync(Budget.Monthly("tenant", 10m).PerTag("tenant"), Budget.Monthly("all", null));
        for (int i = 0; i < 30; i++)
        {
            await app.Tracker.SpendAsync("gpt-4o-mini", 1_000_000, 10, ConsoleScene.Tags($"spender-{i:00}"), Cancelled);
        }

        await app.Tracker.StopAsync("tenant", "quiet <one>", "ticket 7", Cancelled);
        await app.Tracker.StopAsync("tenant", "other", "ticket 8", Cancelled);
        foreach (string tenant in (string[])["quiet <one>", "other", "quiet <one>"])
        {
            await app.CallAsync("gpt-4o-mini", 10, 10, tenant);
        }

        _time.Advance(TimeSpan.FromDays(3));

        using HttpClient client = app.Client(ConsoleApplication.Operator);
        string week = TableOf(await ReadAsync(client, "?range=7d"), "refused-most");
        Assert.Matches("(?s)quiet <one>.*>2<.*other.*>1<", week);
        Assert.Contains("show=refused&range=7d&budget=tenant&key=quiet%20%3Cone%3E", week, StringComparison.Ordinal);
        Assert.Contains("No attempt was refused", TableOf(await ReadAsync(client, ""), "refused-most"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task WhichModelGotDearerIsBesideItsAverageOfTheTimeBefore()
    {
        await using ConsoleApplication app = await StartAsync(Budget.Monthly("all", null));
        await app.Tracker.SpendAsync("gpt-4o", 100_000, 0, cancellationToken: Cancelled);
        await app.Tracker.SpendAsync("gpt-4o-mini", 1_000_000, 0, cancellationToken: Cancelled);
        _time.Advance(TimeSpan.FromDays(1));
        await app.Tracker.SpendAsync("gpt-4o", 200_000, 0, cancellationToken: Cancelled);
        await app.Tracker.SpendAsync("gpt-4o", 100_000, 0, cancellationToken: Cancelled);
        await app.Tracker.SpendAsync("gpt-4o-mini", 1_000_000, 0, cancellationToken: Cancelled);

        using HttpClient client = app.Client(ConsoleApplication.Operator);
        string groups = TableOf(await ReadAsync(client, ""), "groups");
        Assert.Matches(@"(?s)gpt-4o<.*\$0\.3750<.*\$0\.2500 \(\+50 %\)<.*gpt-4o-mini<.*\$0\.1500<.*\$0\.1500 \(same\)<", groups);
        Assert.DoesNotContain("same", TableOf(await ReadAsync(client, "?range=30d"), "groups"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task WhatAUserCostInARunIsTheSumOfTheFilteredCalls()
    {
        await using ConsoleApplication app = await StartAsync(Budget.Monthly("user", 10m).PerTag("user"), Budget.PerRun(1m));
        string id;
        using (var run = BudgetRun.Begin("nightly", 1m, app.Tracker))
        {
            id = run.Id;
            await CallAsync(app, "olga", 100_000);
            await CallAsync(app, "olga", 200_000);
            await CallAsync(app, "igor", 400_000);
        }

        await CallAsync(app, "olga", 800_000);

        using HttpClient client = app.Client(ConsoleApplication.Operator);
        string calls = await ReadAsync(client, $"/calls?run={Uri.EscapeDataString(id)}&tag:user=olga");
        Assert.Contains("In total $0.045 spent in 2 attempts.", calls, StringComparison.Ordinal);
        Assert.DoesNotContain("In total", await ReadAsync(client, "/calls"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task WhoStoppedAKeyAndWhyIsSaidAlsoWhereTheKeyHasNoSpend()
    {
        await using ConsoleApplication app = await StartAsync(Budget.Daily("t/e@n%ant", 10m).PerTag("tenant"), Budget.Daily("day", 10m));
        await app.Tracker.SpendAsync("gpt-4o-mini", 1_000, 0, ConsoleScene.Tags("other"), Cancelled);
        await app.Tracker.StopAsync("t/e@n%ant", "a/b|c", "olga: abuse | see <ticket> 7", Cancelled);
        await app.Tracker.SetLimitAsync("day", null, 5m, "igor: cut", Cancelled);

        using HttpClient client = app.Client(ConsoleApplication.Operator);
        string keys = TableOf(await ReadAsync(client, "/keys?show=stopped&budget=" + Uri.EscapeDataString("t/e@n%ant")), "keys");
        Assert.Contains("a/b|c", keys, StringComparison.Ordinal);
        Assert.Contains("olga: abuse", keys, StringComparison.Ordinal);
        Assert.Contains("Resume", keys, StringComparison.Ordinal);
        Assert.Contains("1 stopped", TableOf(await ReadAsync(client, ""), "worst"), StringComparison.Ordinal);
        string limits = TableOf(await ReadAsync(client, "/health"), "limits");
        Assert.Matches(@"(?s)t/e@n%ant.*a/b\|c.*Stopped.*olga: abuse | see <ticket> 7.*Resume", limits);
        Assert.Matches(@"(?s)day.*Limit \$5\.00.*igor: cut", limits);
        await app.Tracker.StopAsync("day", null, "igor: all of it", Cancelled);
        _time.Advance(TimeSpan.FromSeconds(30));
        Assert.Contains("igor: all of it", TableOf(await ReadAsync(client, "/budgets"), "budgets"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task ABudgetResetsInItsZoneAndInTheOneOfTheConsole()
    {
        var newYork = TimeZoneInfo.FindSystemTimeZoneById("America/New_York");
        var berlin = TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin");
        await using ConsoleApplication app = await StartAsync([Budget.Daily("day", 10m) with { TimeZone = newYork }, Budget.Daily("here", 10m) with { TimeZone = berlin }], berlin);
        using HttpClient client = app.Client(ConsoleApplication.Operator);

        string budgets = TableOf(await ReadAsync(client, "/budgets"), "budgets");

        Assert.Matches("(?s)21 Nov 00:00 UTC−05:00.*21 Nov 06:00 UTC\\+01:00.*21 Nov 00:00 UTC\\+01:00", budgets);
    }

    [Theory]
    [InlineData(10, 1, 1, null)]
    [InlineData(10, 2, 2, null)]
    [InlineData(10, 2, 10, 5.0)]
    [InlineData(10, 0, 1, 0.0)]
    public void ARollingBudgetRunsOutOnlyAtAPaceAboveItsLimit(int limit, int left, int perHour, double? hours)
    {
        var status = new BudgetStatus { Budget = "burst", Limit = limit, Spent = limit - left, Remaining = left };

        DateTimeOffset? end = SpendPace.RunsOut(status, perHour, Start, TimeSpan.FromHours(perHour == 10 ? 2 : 5));

        Assert.Equal(hours is { } some ? Start + TimeSpan.FromHours(perHour == 10 ? left / (double)perHour : some) : null, end);
    }

    [Fact]
    public async Task R2_ARefusedCallIsListedWithTheModelItAskedFor()
    {
        await using ConsoleApplication app = await StartAsync(Budget.Monthly("tenant", 0m).PerTag("tenant"));
        var local = new ScriptedChatClient("llama3.2", "ollama");
        using IChatClient client = new ChatClientBuilder(new ScriptedChatClient("gpt-4o", "openai")).UseBudget(app.Tracker)
            .UseFallback([new ChatRoute("local", local) { IsLocal = true, ModelId = "llama3.2" }]).Build(app.Application.Services);
        await app.Tracker.StopAsync("tenant", "acme", "test", Cancelled);
        await Assert.ThrowsAnyAsync<Exception>(() => client.GetResponseAsync("x", new ChatOptions { AdditionalProperties = new() { ["tenant"] = "acme" } }, Cancelled));

        using HttpClient http = app.Client(ConsoleApplication.Operator);
        using var calls = JsonDocument.Parse(await http.GetStringAsync(new Uri("/console/api/calls", UriKind.Relative), Cancelled));

        JsonElement call = Assert.Single(calls.RootElement.GetProperty("items").EnumerateArray());
        Assert.Equal(("Refused", "gpt-4o"), (call.GetProperty("outcome").GetString(), call.GetProperty("model").GetString()));
    }

    [Fact]
    public async Task ADoubtBehindThousandsOfCallsIsFoundWithItsSum()
    {
        await using ConsoleApplication app = await StartAsync(Budget.Monthly("all", 100m));
        await ConsoleScene.DoubtAsync(app, "acme");
        for (int i = 0; i < 4_000; i++)
        {
            await app.Tracker.SpendAsync("gpt-4o-mini", 10, 0, cancellationToken: Cancelled);
        }

        using HttpClient client = app.Client(ConsoleApplication.Operator);
        string page = await ReadAsync(client, "/calls?show=doubt&range=today");

        Assert.Contains("Timeout", TableOf(page, "calls"), StringComparison.Ordinal);
        Assert.Matches(@"In total \$[0-9.]+ in doubt", page);
        Assert.DoesNotContain("In total $0.00 ", page, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("calls?from=garbage", "from")]
    [InlineData("calls?to=2026-13-01", "to")]
    [InlineData("calls?after=garbage", "after")]
    [InlineData("calls?after=%3A", "after")]
    [InlineData("calls?show=everything", "show")]
    [InlineData("calls?key=acme", "budget")]
    [InlineData("spend?range=week", "range")]
    [InlineData("spend?format=xml", "format")]
    [InlineData("keys?budget=tenant&page=-4", "page")]
    [InlineData("keys?budget=tenant&count=99999999999999", "count")]
    [InlineData("keys?budget=tenant&sort=name", "sort")]
    [InlineData("keys?budget=tenant&show=refused", "show")]
    public async Task TheApiRefusesAParameterThatItDoesNotUnderstand(string path, string named)
    {
        await using ConsoleApplication app = await StartAsync(Budget.Monthly("tenant", 1m).PerTag("tenant"), Budget.Monthly("user", 1m).PerTag("user"));
        using HttpClient client = app.Client(ConsoleApplication.Reader);

        using HttpResponseMessage answer = await client.GetAsync(new Uri("/console/api/" + path, UriKind.Relative), Cancelled);

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Contains($"'{named}'", await answer.Content.ReadAsStringAsync(Cancelled), StringComparison.Ordinal);
    }

    [Fact]
    public async Task AKeyWithoutItsBudgetIsThatOfTheOnlyDividedBudgetOrSaidNotToBeApplied()
    {
        await using (ConsoleApplication one = await StartAsync(Budget.Monthly("tenant", 1m).PerTag("tenant"), Budget.Daily("day", 1m)))
        {
            await one.CallAsync("gpt-4o-mini", 10, 10, "acme");
            await one.CallAsync("gpt-4o-mini", 10, 10, "other");
            using HttpClient client = one.Client(ConsoleApplication.Reader);
            string calls = TableOf(await ReadAsync(client, "/calls?key=acme"), "calls");
            Assert.Contains("tenant: acme", calls, StringComparison.Ordinal);
            Assert.DoesNotContain("tenant: other", calls, StringComparison.Ordinal);
        }

        await using ConsoleApplication two = await StartAsync(Budget.Monthly("tenant", 1m).PerTag("tenant"), Budget.Monthly("user", 1m).PerTag("user"));
        using HttpClient reader = two.Client(ConsoleApplication.Reader);
        Assert.Contains("acme</bdi> is not applied", await ReadAsync(reader, "/calls?key=acme"), StringComparison.Ordinal);
    }

    private Task<ConsoleApplication> StartAsync(params Budget[] budgets) => StartAsync(budgets, TimeZoneInfo.Utc);

    private Task<ConsoleApplication> StartAsync(Budget[] budgets, TimeZoneInfo zone) => ConsoleApplication.StartAsync(
        new CostTracker(budgets, ledger: new InMemorySpendLedger(_time) { KeepsRecords = true }), configure: options => options.TimeZone = zone, time: _time);

    private static async Task CallAsync(ConsoleApplication app, string user, long tokens)
    {
        ScriptedChatClient provider = new ScriptedChatClient("gpt-4o-mini", "openai").Enqueue(ScriptedReply.Text("x").WithUsage(tokens, 0));
        using IChatClient client = new ChatClientBuilder(provider).UseBudget(app.Tracker).Build(app.Application.Services);
        await client.GetResponseAsync("x", new ChatOptions { MaxOutputTokens = 10, AdditionalProperties = new() { ["user"] = user } }, Cancelled);
    }

    private static async Task<string> ReadAsync(HttpClient client, string path) =>
        WebUtility.HtmlDecode(await client.GetStringAsync(new Uri("/console" + path, UriKind.Relative), Cancelled));

    private static string TableOf(string page, string id) => Body().Matches(page).First(body => body.Groups[1].Value == id).Value;

    [GeneratedRegex("(?s)<tbody id=\"([^\"]+)\">.*?</tbody>")]
    private static partial Regex Body();
}
