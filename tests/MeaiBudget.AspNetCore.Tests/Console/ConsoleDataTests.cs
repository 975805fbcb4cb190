using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Logging.Testing;
using Microsoft.Extensions.Time.Testing;
using Microsoft.OpenApi;
using Microsoft.OpenApi.Reader;

namespace MeaiBudget.Tests;

/// <summary>What the console shows, sends and exports.</summary>
public sealed partial class ConsoleDataTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task R1_TenThousandKeysAreOneSmallPageAndAChangeIsOneRow()
    {
        CostTracker tracker = Tracker(Budget.Monthly("tenant", 10m).PerTag("tenant"), Budget.PerRun(1m));
        for (int i = 0; i < 10_000; i++)
        {
            await tracker.SpendAsync("gpt-4o-mini", 1_000 + i, 10, ConsoleScene.Tags($"tenant-{i:00000}"), Cancelled);
        }

        await using ConsoleApplication app = await ConsoleApplication.StartAsync(tracker);
        using HttpClient client = app.Client(ConsoleApplication.Operator);
        foreach (string path in (string[])["/console", "/console/budgets", "/console/keys?budget=tenant", "/console/calls"])
        {
            byte[] page = await client.GetByteArrayAsync(new Uri(path, UriKind.Relative), Cancelled);
            Assert.True(page.Length < 50 * 1024, $"{path} has {page.Length} bytes.");
        }

        string first = await client.GetStringAsync(new Uri("/console/keys?budget=tenant", UriKind.Relative), Cancelled);
        Assert.Contains("10,000 keys with spend", first, StringComparison.Ordinal);
        Assert.Contains("tenant-09999", first, StringComparison.Ordinal);
        Assert.Contains("Page 1 of 200", first, StringComparison.Ordinal);
        Assert.Contains("tenant-00042", await client.GetStringAsync(new Uri("/console/keys?budget=tenant&search=-00042", UriKind.Relative), Cancelled), StringComparison.Ordinal);

        using Stream events = await client.GetStreamAsync(new Uri(WebUtility.HtmlDecode(Events().Match(first).Groups[1].Value), UriKind.Relative), Cancelled);
        using var reader = new StreamReader(events);
        await tracker.SpendAsync("gpt-4o-mini", 500, 10, ConsoleScene.Tags("tenant-09990"), Cancelled);
        JsonElement table;
        while (!(await NextAsync(reader)).RootElement.GetProperty("tables").TryGetProperty("keys", out table))
        {
            // The sums above the table may change before its rows.
        }

        Assert.Contains("tenant-09990", Assert.Single(table.GetProperty("rows").EnumerateObject()).Value.GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task R1_AnyNumberOfViewersOfAPageCostsOneRendering()
    {
        CostTracker tracker = Tracker(Budget.Daily("day", 10m));
        await tracker.SpendAsync("gpt-4o-mini", 1_000, 10, cancellationToken: Cancelled);
        var feeds = new PageFeeds(TimeProvider.System, TimeSpan.FromMilliseconds(100));
        int renders = 0;
        var page = new ConsolePage("Page", "", [new PageBlock("block", Html.Of($"first"))]);
        Task<ConsolePage> RenderAsync(CancellationToken token)
        {
            Interlocked.Increment(ref renders);
            return Task.FromResult(page);
        }

        var viewers = Enumerable.Range(0, 20).Select(_ => feeds.Join("key", "another version", RenderAsync)!.Value).ToList();
        foreach ((PageFeed feed, System.Threading.Channels.ChannelReader<string> messages) in viewers)
        {
            Assert.Contains("first", await messages.ReadAsync(Cancelled), StringComparison.Ordinal);
        }

        page = page with { Parts = [new PageBlock("block", Html.Of($"second"))] };
        foreach ((PageFeed feed, System.Threading.Channels.ChannelReader<string> messages) in viewers)
        {
            Assert.Contains("second", await messages.ReadAsync(Cancelled), StringComparison.Ordinal);
            feeds.Leave(feed, messages);
        }

        Assert.Equal(renders, feeds.Renders);
        Assert.Same(viewers[0].Feed, viewers[^1].Feed);
    }

    [Fact]
    public async Task WhyALedgerCouldNotBeReadIsLoggedOnceAMinute()
    {
        var clock = new FakeTimeProvider();
        var ledger = new FaultyLedger(new InMemorySpendLedger(clock)) { IsAway = true };
        var logger = new FakeLogger();
        var data = new ConsoleData([new CostTracker([Budget.Daily("day", 10m)], ledger: ledger)], null, clock, new BudgetConsoleOptions(), logger);
        for (int i = 0; i < 61; i++)
        {
            Assert.False(Assert.Single(await data.HealthAsync(Cancelled)).IsHealthy);
            Assert.NotNull(Assert.Single(await data.BudgetsAsync(Cancelled)).Problem);
            clock.Advance(TimeSpan.FromSeconds(2));
        }

        Assert.Equal(3, logger.Collector.Count);
        Assert.All(logger.Collector.GetSnapshot(), record => Assert.IsAssignableFrom<SpendLedgerException>(record.Exception));
    }

    [Fact]
    public async Task AnOpenPageSaysThatItsFiguresAreOldWhileALedgerIsAwayAndIsWholeAfterwards()
    {
        var feeds = new PageFeeds(TimeProvider.System, TimeSpan.FromMilliseconds(100));
        var whole = new ConsolePage("Page", "", [new PageBlock("block", Html.Of($"figures"))]);
        ConsolePage page = whole;
        (PageFeed feed, System.Threading.Channels.ChannelReader<string> messages) = feeds.Join("key", null, _ => Task.FromResult(page))!.Value;
        Assert.Contains("\"problem\":null,\"blocks\":{\"block\":\"figures\"}", await messages.ReadAsync(Cancelled), StringComparison.Ordinal);

        page = BudgetsPage.Missing("Away.") with { Title = "Ledger away", Status = 503 };
        Assert.Contains("\"problem\":\"Ledger away\",\"blocks\":{}", await messages.ReadAsync(Cancelled), StringComparison.Ordinal);

        page = whole;
        Assert.Contains("\"problem\":null,\"blocks\":{\"block\":\"figures\"}", await messages.ReadAsync(Cancelled), StringComparison.Ordinal);
        feeds.Leave(feed, messages);
    }

    [Theory]
    [InlineData("today")]
    [InlineData("yesterday")]
    [InlineData("7d")]
    [InlineData("30d")]
    public async Task SumsThatAreReadInPartsEqualOneQueryOfTheLedger(string name)
    {
        var berlin = TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin");
        var clock = new FakeTimeProvider(new DateTimeOffset(2026, 3, 1, 9, 30, 0, TimeSpan.Zero));
        var ledger = new InMemorySpendLedger(clock) { KeepsRecords = true };
        var tracker = new CostTracker([Budget.Daily("day", 10m)], ledger: ledger);
        for (int i = 0; i < 120; i++)
        {
            clock.Advance(TimeSpan.FromHours(7));
            await tracker.SpendAsync(i % 3 == 0 ? "gpt-4o" : "gpt-4o-mini", 1_000 * i, 10, cancellationToken: Cancelled);
        }

        var data = new ConsoleData([tracker], null, clock, new BudgetConsoleOptions { TimeZone = berlin });
        ConsoleRange range = data.Range(name);
        ConsoleSpend spend = await data.SpendAsync(range, "model", Cancelled);

        var query = new SpendQuery { From = range.From, To = range.To, TimeZone = berlin };
        IReadOnlyList<SpendRecord> models = await ledger.QueryAsync(query with { GroupBy = ["model"] }, Cancelled);
        IReadOnlyList<SpendRecord> times = await ledger.QueryAsync(query with { GroupBy = [range.IsByHour ? "hour" : "day"] }, Cancelled);
        Assert.NotEmpty(models);
        Assert.Equal(models.Select(model => (model.Group[0], model.Spent, model.Attempts, model.Usage.InputTokens)), spend.Groups.Select(model => (model.Group[0], model.Spent, model.Attempts, model.Usage.InputTokens)));
        Assert.Equal(models.Sum(model => model.Spent), spend.Total.Spent);
        Assert.Equal(times.Select(time => time.Spent).Where(amount => amount > 0m), Enumerable.Range(0, spend.Slots.Count).Select(slot => spend.Amounts.Sum(group => group[slot])).Where(amount => amount > 0m));
    }

    [Fact]
    public async Task NamesAreTextInPagesJsonAndCsvWhateverTheyContain()
    {
        const string Hostile = "=cmd|' /C calc'!A0<script>window.hacked=1</script>\"',{{x}}";
        CostTracker tracker = Tracker(Budget.Monthly(Hostile, 10m).PerTag("tenant"), Budget.Daily("day", null));
        await using ConsoleApplication app = await ConsoleApplication.StartAsync(tracker);
        await app.CallAsync("gpt-4o-mini", 1_000, 100, Hostile);
        using HttpClient client = app.Client(ConsoleApplication.Operator);
        string budget = Uri.EscapeDataString(Hostile);
        foreach (string path in (string[])["", "/budgets", "/keys?budget=" + budget, "/keys?budget=day&search=" + budget, "/calls?tag:tenant=" + budget, "/calls?run=" + budget + "&after=" + budget, "/change?do=stop&tracker=0&budget=" + budget, "/nothing/" + budget])
        {
            using HttpResponseMessage answer = await client.GetAsync(new Uri("/console" + path, UriKind.Relative), Cancelled);
            string text = await answer.Content.ReadAsStringAsync(Cancelled);
            Assert.DoesNotContain("<script>window", text, StringComparison.Ordinal);
            Assert.Equal(1, Script().Count(text));
            Assert.Contains("script-src 'self'", Assert.Single(answer.Headers.GetValues("Content-Security-Policy")), StringComparison.Ordinal);
        }

        using var keys = JsonDocument.Parse(await client.GetStringAsync(new Uri("/console/api/keys?budget=" + budget, UriKind.Relative), Cancelled));
        Assert.Equal(Hostile, keys.RootElement.GetProperty("items")[0].GetProperty("key").GetString());
        string csv = await client.GetStringAsync(new Uri("/console/api/keys?format=csv&budget=" + budget, UriKind.Relative), Cancelled);
        Assert.Contains("\r\n\"'=cmd", csv, StringComparison.Ordinal);
    }

    [Fact]
    public async Task TheApiReturnsWhatItsDescriptionSaysAndThePagesShow()
    {
        CostTracker tracker = Tracker(Budget.Monthly("tenant", 10m).PerTag("tenant"), Budget.Daily("day", 5m));
        await using ConsoleApplication app = await ConsoleApplication.StartAsync(tracker);
        await app.CallAsync("gpt-4o-mini", 1_000_000, 100, "acme");
        using HttpClient client = app.Client(ConsoleApplication.Reader);
        using var description = JsonDocument.Parse(await client.GetStringAsync(new Uri("/console/api/openapi.json", UriKind.Relative), Cancelled));
        using var calls = JsonDocument.Parse(await client.GetStringAsync(new Uri("/console/api/calls", UriKind.Relative), Cancelled));
        string call = calls.RootElement.GetProperty("items")[0].GetProperty("call").GetString()!;
        foreach (JsonProperty path in description.RootElement.GetProperty("paths").EnumerateObject())
        {
            string query = path.Name switch { "/keys" => "?budget=tenant", "/call" => "?id=" + call, _ => "?range=today" };
            using var answer = JsonDocument.Parse(await client.GetStringAsync(new Uri("/console/api" + path.Name + query, UriKind.Relative), Cancelled));
            string[] described = [.. path.Value.GetProperty("get").GetProperty("responses").GetProperty("200").GetProperty("content").GetProperty("application/json").GetProperty("schema")
                .GetProperty("properties").GetProperty("items").GetProperty("items").GetProperty("properties").EnumerateObject().Select(property => property.Name)];
            JsonElement types = path.Value.GetProperty("get").GetProperty("responses").GetProperty("200").GetProperty("content").GetProperty("application/json").GetProperty("schema")
                .GetProperty("properties").GetProperty("items").GetProperty("items").GetProperty("properties");
            foreach (JsonElement item in answer.RootElement.GetProperty("items").EnumerateArray())
            {
                Assert.Equal(described, item.EnumerateObject().Select(property => property.Name));
                Assert.All(item.EnumerateObject(), value => Assert.True(
                    IsOf(value.Value, types.GetProperty(value.Name).GetProperty("type")[0].GetString()!), $"{path.Name} {value.Name} is {value.Value}, and described as {types.GetProperty(value.Name)}."));
            }

            string csv = await client.GetStringAsync(new Uri("/console/api" + path.Name + query + "&format=csv", UriKind.Relative), Cancelled);
            Assert.StartsWith(string.Join(',', described) + "\r\n", csv, StringComparison.Ordinal);
        }

        using var budgets = JsonDocument.Parse(await client.GetStringAsync(new Uri("/console/api/budgets", UriKind.Relative), Cancelled));
        Assert.Equal(0.15006m, budgets.RootElement.GetProperty("items")[1].GetProperty("spent").GetDecimal());
    }

    [Fact]
    public async Task TheDescriptionOfTheApiIsValidOpenApi()
    {
        await using ConsoleApplication app = await ConsoleApplication.StartAsync(Tracker(Budget.Daily("day", 5m)));
        using HttpClient client = app.Client(ConsoleApplication.Reader);
        string text = await client.GetStringAsync(new Uri("/console/api/openapi.json", UriKind.Relative), Cancelled);
        ReadResult read = OpenApiDocument.Parse(text, "json");
        Assert.Empty(read.Diagnostic!.Errors);
        Assert.Empty(read.Diagnostic.Warnings);
        Assert.Equal(12, read.Document!.Paths.Count);
        Assert.Equal(new Uri(app.Address, "/console/api").ToString(), Assert.Single(read.Document.Servers!).Url);
        foreach ((string path, IOpenApiPathItem item) in read.Document.Paths)
        {
            OpenApiOperation operation = Assert.Single(item.Operations!).Value;
            Assert.Contains("401", operation.Responses!.Keys);
            Assert.Contains("503", operation.Responses.Keys);
            Assert.All(operation.Parameters!, parameter => Assert.False(string.IsNullOrEmpty(parameter.Description), $"{path} {parameter.Name}"));
        }

        // The reader finds mistakes.
        Assert.NotEmpty(OpenApiDocument.Parse(text.Replace("\"description\":\"All budgets\",", "", StringComparison.Ordinal).Replace("\"title\"", "\"name\"", StringComparison.Ordinal), "json").Diagnostic!.Errors);
    }

    [Fact]
    public async Task EveryTableOfEveryPageHasALinkToCsv()
    {
        CostTracker tracker = Tracker(Budget.Monthly("tenant", 10m).PerTag("tenant"), Budget.Daily("day", 5m), Budget.PerRun(1m));
        await using ConsoleApplication app = await ConsoleApplication.StartAsync(tracker);
        await app.CallAsync("gpt-4o-mini", 1_000_000, 100, "acme");
        using HttpClient client = app.Client(ConsoleApplication.Reader);
        string call = Call().Match(await client.GetStringAsync(new Uri("/console/calls", UriKind.Relative), Cancelled)).Value;
        int tables = 0;
        foreach (string page in (string[])["", "/budgets", "/keys?budget=tenant", "/calls", call, "/health"])
        {
            string text = await client.GetStringAsync(new Uri("/console" + page, UriKind.Relative), Cancelled);
            string[] links = [.. Csv().Matches(text).Select(link => WebUtility.HtmlDecode(link.Groups[1].Value))];
            int found = text.Split("<table>").Length - 1;
            Assert.True(found > 0 && links.Length == found, $"{page}: {found} tables, {links.Length} links");
            tables += found;
            foreach (string link in links)
            {
                using HttpResponseMessage answer = await client.GetAsync(new Uri(link, UriKind.Relative), Cancelled);
                Assert.Equal((HttpStatusCode.OK, "text/csv"), (answer.StatusCode, answer.Content.Headers.ContentType?.MediaType));
            }
        }

        Assert.Equal(14, tables);
    }

    [Theory]
    [InlineData("=1+1", "'=1+1")]
    [InlineData("+1", "'+1")]
    [InlineData("-1", "'-1")]
    [InlineData("@SUM(A1)", "'@SUM(A1)")]
    [InlineData(" =1+1", "' =1+1")]
    [InlineData("\uFF1D1", "'\uFF1D1")]
    [InlineData("a,b", "\"a,b\"")]
    [InlineData("=\"a\",b", "\"'=\"\"a\"\",b\"")]
    [InlineData("line\nend", "\"line\nend\"")]
    [InlineData("a=b", "a=b")]
    public void TextOfACellIsNoFormula(string text, string expected)
    {
        ApiColumn[] columns = [new("text", "string", ""), new("amount", "number", ""), new("tags", "object", "")];
        string csv = System.Text.Encoding.UTF8.GetString(new ApiTable(columns, [[text, -1.5m, new Dictionary<string, string> { ["=a"] = "b" }]]).ToCsv());
        Assert.Equal($"text,amount,tags\r\n{expected},-1.5,'=a=b\r\n", csv);
    }

    /// <summary>The history is the ledger's: another process, or this one after a restart, shows the same.</summary>
    [Fact]
    public async Task R3_AnotherProcessOnTheSameLedgerShowsTheSame()
    {
        var ledger = new InMemorySpendLedger { KeepsRecords = true };
        Budget[] budgets = [Budget.Monthly("tenant", 0.2m).PerTag("tenant")];
        await using (ConsoleApplication first = await ConsoleApplication.StartAsync(new CostTracker(budgets, ledger: ledger)))
        {
            await first.CallAsync("gpt-4o-mini", 1_400_000, 100, "acme");
            await first.CallAsync("gpt-4o", 1_000, 100, "acme");
        }

        // Refusals are written to the history in the background.
        while ((await ledger.ReadCallsAsync(new SpendQuery { Take = 10 }, Cancelled)).Count < 2)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, Cancelled);
        }

        await using ConsoleApplication second = await ConsoleApplication.StartAsync(new CostTracker(budgets, ledger: ledger));
        using HttpClient client = second.Client(ConsoleApplication.Reader);
        string overview = await client.GetStringAsync(new Uri("/console", UriKind.Relative), Cancelled);
        Assert.DoesNotContain("Nothing was spent", overview, StringComparison.Ordinal);
        Assert.Contains("$0.21", overview, StringComparison.Ordinal);
        using var calls = JsonDocument.Parse(await client.GetStringAsync(new Uri("/console/api/calls?show=refused", UriKind.Relative), Cancelled));
        JsonElement refused = Assert.Single(calls.RootElement.GetProperty("items").EnumerateArray());
        Assert.Equal("Refused", refused.GetProperty("outcome").GetString());
        Assert.Equal("tenant of acme: Spent", refused.GetProperty("why").GetString());
        string receipt = await client.GetStringAsync(new Uri("/console/call?id=" + refused.GetProperty("call").GetString(), UriKind.Relative), Cancelled);
        Assert.Contains("Grant an amount or raise the limit", receipt, StringComparison.Ordinal);
    }

    private static CostTracker Tracker(params Budget[] budgets) => new(budgets, ledger: new InMemorySpendLedger { KeepsRecords = true });

    private static bool IsOf(JsonElement value, string type) => value.ValueKind == JsonValueKind.Null || type switch
    {
        "string" => value.ValueKind == JsonValueKind.String,
        "integer" => value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out _),
        "number" => value.ValueKind == JsonValueKind.Number,
        "boolean" => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
        _ => value.ValueKind == JsonValueKind.Object,
    };

    private static async Task<JsonDocument> NextAsync(StreamReader events)
    {
        while (true)
        {
            string line = await events.ReadLineAsync(Cancelled) ?? throw new EndOfStreamException();
            if (line.StartsWith("data: ", StringComparison.Ordinal))
            {
                return JsonDocument.Parse(line[6..]);
            }
        }
    }

    [GeneratedRegex("data-events=\"([^\"]*)\"")]
    private static partial Regex Events();

    [GeneratedRegex("<a href=\"([^\"]*format=csv[^\"]*)\" download")]
    private static partial Regex Csv();

    [GeneratedRegex("/call\\?id=[0-9a-f-]+")]
    private static partial Regex Call();

    [GeneratedRegex("<script")]
    private static partial Regex Script();
}
