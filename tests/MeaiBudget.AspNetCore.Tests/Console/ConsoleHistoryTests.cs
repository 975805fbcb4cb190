using System.Net;
using System.Text.Json;
using Microsoft.Extensions.Time.Testing;

namespace MeaiBudget.Tests;

/// <summary>What the console of a new process shows of what others spent, by the kind of the history.</summary>
public sealed class ConsoleHistoryTests : IDisposable
{
    private static readonly string[] Pages = ["", "?by=budget", "?range=yesterday&by=model", "/budgets", "/keys?budget=tenant", "/calls", "/calls?show=refused&budget=tenant&key=acme", "/calls?tag:tenant=acme", "/call?id=00000000-0000-0000-0000-000000000001", "/health"];

    private readonly string _file = Path.Combine(Path.GetTempPath(), $"meaibudget-console-{Guid.NewGuid():N}.db");

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        foreach (string file in Directory.GetFiles(Path.GetTempPath(), Path.GetFileName(_file) + "*"))
        {
            File.Delete(file);
        }
    }

    [Fact]
    public async Task R3_ANewProcessOnAnSqliteLedgerAnswersWhatYesterdayCostAndWhyACallWasRefused()
    {
        var time = new FakeTimeProvider(new DateTimeOffset(2026, 11, 19, 9, 0, 0, TimeSpan.Zero));
        await using (var ledger = SqliteSpendLedger.Open(_file, new SqliteSpendLedgerOptions { Clock = time }))
        {
            var tracker = new CostTracker([Budget.Monthly("tenant", 0.2m).PerTag("tenant"), Budget.Daily("day", 5m)], ledger: ledger);
            await using ConsoleApplication first = await ConsoleApplication.StartAsync(tracker, time: time);
            await first.CallAsync("gpt-4o-mini", 1_200_000, 100, "acme");
            await first.CallAsync("gpt-4o", 4_000, 0, "acme");
            time.Advance(TimeSpan.FromDays(1));
            await first.CallAsync("gpt-4o", 8_000, 0, "acme");
            await first.CallAsync("gpt-4o", 1_000, 100, "acme");

            // Refusals are written to the history in the background.
            while ((await ledger.ReadCallsAsync(new SpendQuery { Take = 10 }, Cancelled)).Count < 4)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, Cancelled);
            }
        }

        await using var again = SqliteSpendLedger.Open(_file, new SqliteSpendLedgerOptions { Clock = time });
        await using ConsoleApplication second = await ConsoleApplication.StartAsync(new CostTracker([Budget.Monthly("tenant", 0.2m).PerTag("tenant"), Budget.Daily("day", 5m)], ledger: again), time: time);
        using HttpClient client = second.Client(ConsoleApplication.Reader);
        foreach (string page in Pages)
        {
            HttpStatusCode expected = page.StartsWith("/call?", StringComparison.Ordinal) ? HttpStatusCode.NotFound : HttpStatusCode.OK;
            Assert.Equal(expected, (await GetAsync(client, page)).Status);
        }

        string yesterday = (await GetAsync(client, "/api/spend?range=yesterday&by=model&format=csv")).Text;
        Assert.Contains("\r\ngpt-4o-mini,0.18006,", yesterday, StringComparison.Ordinal);
        Assert.Contains("\r\ngpt-4o,0.01,", yesterday, StringComparison.Ordinal);
        Assert.Contains("Yesterday: $0.1901", (await GetAsync(client, "?range=yesterday")).Text, StringComparison.Ordinal);
        using var refused = JsonDocument.Parse((await GetAsync(client, "/api/calls?range=today&show=refused&budget=tenant&key=acme")).Text);
        JsonElement call = Assert.Single(refused.RootElement.GetProperty("items").EnumerateArray());
        Assert.Equal("tenant of acme: Spent", call.GetProperty("why").GetString());
        string receipt = (await GetAsync(client, "/call?id=" + call.GetProperty("call").GetString())).Text;
        Assert.Contains("Grant an amount or raise the limit", receipt, StringComparison.Ordinal);
        Assert.Contains("Another process made this call", receipt, StringComparison.Ordinal);
    }

    [Fact]
    public async Task R3_AHistoryOfSumsOnlyIsShownAndThePagesSayWhatItDoesNotKnow()
    {
        CostTracker tracker = Sums();
        await using (ConsoleApplication first = await ConsoleApplication.StartAsync(tracker))
        {
            await first.CallAsync("gpt-4o-mini", 1_200_000, 100, "acme");
        }

        await using ConsoleApplication app = await ConsoleApplication.StartAsync(tracker);
        using HttpClient client = app.Client(ConsoleApplication.Operator);
        foreach (string page in Pages)
        {
            (HttpStatusCode status, string text) = await GetAsync(client, page);
            Assert.Equal(page.StartsWith("/call?", StringComparison.Ordinal) ? HttpStatusCode.NotFound : HttpStatusCode.OK, status);
            Assert.True(!page.StartsWith("/calls", StringComparison.Ordinal) || text.Contains("no single calls", StringComparison.Ordinal), page);
        }

        string overview = (await GetAsync(client, "?by=budget")).Text;
        Assert.Contains("Today: $0.1801", overview, StringComparison.Ordinal);
        Assert.Contains("The sums of the history have no budgets and keys", overview, StringComparison.Ordinal);
        Assert.DoesNotContain(">budget</a>", overview, StringComparison.Ordinal);

        // The pace is that of the period, and who spends most is read from the keys.
        using var budgets = JsonDocument.Parse((await GetAsync(client, "/api/budgets")).Text);
        JsonElement day = budgets.RootElement.GetProperty("items").EnumerateArray().Single(item => item.GetProperty("budget").GetString() == "day");
        Assert.True(day.GetProperty("perHour").GetDecimal() > 0m);
        Assert.Equal(JsonValueKind.Null, day.GetProperty("refusedToday").ValueKind);
        Assert.Contains(",tenant,acme,0.18006,", (await GetAsync(client, "/api/spenders?format=csv")).Text, StringComparison.Ordinal);
        Assert.Contains("in the period of the budget", overview, StringComparison.Ordinal);

        foreach (string query in (string[])["/api/spend?by=budget", "/api/timeline?by=budget", "/api/spend?by=budget&format=csv"])
        {
            (HttpStatusCode status, string text) = await GetAsync(client, query);
            Assert.Equal(HttpStatusCode.NotImplemented, status);
            Assert.Contains("have no budgets and keys", text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task R3_WithoutSingleCallsInTheHistoryTheCallsOfThisProcessAreFiltered()
    {
        await using ConsoleApplication app = await ConsoleApplication.StartAsync(Sums());
        await app.CallAsync("gpt-4o-mini", 1_333_400, 0, "acme");
        await app.CallAsync("gpt-4o", 1_000, 100, "acme");
        await app.CallAsync("gpt-4o-mini", 10, 1, "globex");
        using HttpClient client = app.Client(ConsoleApplication.Reader);
        async Task<int> CountAsync(string query)
        {
            using var calls = JsonDocument.Parse((await GetAsync(client, "/api/calls" + query)).Text);
            return calls.RootElement.GetProperty("items").GetArrayLength();
        }

        Assert.Equal(3, await CountAsync(""));
        Assert.Equal(2, await CountAsync("?model=gpt-4o-mini"));
        Assert.Equal(1, await CountAsync("?budget=tenant&key=acme&show=refused"));
        Assert.Equal(0, await CountAsync("?budget=tenant&key=globex&show=refused"));
        Assert.Equal(0, await CountAsync("?range=yesterday"));
        Assert.Equal(3, await CountAsync("?range=today"));
    }

    [Fact]
    public async Task AHistoryBesideTheLedgerIsTheOneThatIsShown()
    {
        var history = new InMemorySpendLedger(name: "beside") { KeepsRecords = true };
        var tracker = new CostTracker([Budget.Daily("day", 5m)], ledger: new LeasedSpendLedger(new InMemorySpendLedger()), configure: options => options.History = history);
        await using ConsoleApplication app = await ConsoleApplication.StartAsync(tracker);
        await app.CallAsync("gpt-4o-mini", 1_200_000, 100, "acme");
        while ((await history.ReadCallsAsync(new SpendQuery { Take = 10 }, Cancelled)).Count < 1)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, Cancelled);
        }

        using HttpClient client = app.Client(ConsoleApplication.Reader);
        string overview = (await GetAsync(client, "")).Text;
        Assert.Contains("Today: $0.1801", overview, StringComparison.Ordinal);
        Assert.DoesNotContain("No ledger keeps a history", overview, StringComparison.Ordinal);
    }

    private static CostTracker Sums() => new(
        [Budget.Monthly("tenant", 0.2m).PerTag("tenant"), Budget.Daily("day", 5m)], ledger: new SumsOnlyLedger(new InMemorySpendLedger { KeepsRecords = true }));

    private static async Task<(HttpStatusCode Status, string Text)> GetAsync(HttpClient client, string path)
    {
        using HttpResponseMessage answer = await client.GetAsync(new Uri("/console" + path, UriKind.Relative), Cancelled);
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync(Cancelled));
    }
}
