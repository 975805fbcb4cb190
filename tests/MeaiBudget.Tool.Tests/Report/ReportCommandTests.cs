using System.Text.Json;
using System.Xml.Linq;
using MeaiBudget.Tool;

namespace MeaiBudget.Tests;

public sealed class ReportCommandTests : IDisposable
{
    private const string Hostile = "<script>alert('x')</script>&\"";

    private readonly RecordedLedger _recorded = new();

    public void Dispose() => _recorded.Dispose();

    [Fact]
    public async Task SpendIsSummedByDayModelAndTagAndToldAgainstBudgets()
    {
        await RecordAsync();

        JsonElement report = Json("--by", "day", "--by", "model", "--by", "tag:tenant", "--config", Config("""{ "budgets": [ { "name": "day", "period": "day", "limit": 4 } ] }"""));

        Assert.Equal(3.6m, report.GetProperty("total").GetProperty("spent").GetDecimal());
        Assert.Equal(5, report.GetProperty("total").GetProperty("attempts").GetInt64());
        Assert.Equal(1, report.GetProperty("total").GetProperty("released").GetInt64());
        Assert.Equal(1, report.GetProperty("total").GetProperty("open").GetInt64());
        Assert.Equal(1m, report.GetProperty("total").GetProperty("held").GetDecimal());
        Assert.Equal([("2026-05-04", 1m), ("2026-05-05", 2.6m)], Rows(report, 0));
        Assert.Equal([("large", 3.5m), ("small", 0.1m)], Rows(report, 1));
        Assert.Equal([(Hostile, 2.5m), ("acme", 1.1m)], Rows(report, 2));
        JsonElement[] days = [.. report.GetProperty("budgets").EnumerateArray()];
        Assert.Equal([2.6m, 1m], days.Select(day => day.GetProperty("spent").GetDecimal()));
        Assert.Equal([0.65m, 0.25m], days.Select(day => day.GetProperty("share").GetDecimal()));
    }

    [Fact]
    public async Task DaysAreThoseOfTheTimeZoneAndASpanOfTimeIsCutOut()
    {
        await RecordAsync();

        Assert.Equal([("2026-05-05", 3.6m)], Rows(Json("--by", "day", "--time-zone", "Europe/Berlin"), 0));
        Assert.Equal([("2026-05-05", 2.6m)], Rows(Json("--by", "day", "--from", "2026-05-05"), 0));
        Assert.Equal([("2026-05-04", 1m)], Rows(Json("--by", "day", "--to", "2026-05-05T00:00:00Z"), 0));
    }

    [Fact]
    public async Task TablesAndBarsAreWritten()
    {
        await RecordAsync();

        (int exitCode, string output, _) = RecordedLedger.Run("report", _recorded.File);

        Assert.Equal(0, exitCode);
        Assert.Contains("5 attempts", output, StringComparison.Ordinal);
        Assert.Contains("3.6000", output, StringComparison.Ordinal);
        Assert.Contains("█", output, StringComparison.Ordinal);
        Assert.Contains("1 attempts are still open", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ThePageHoldsItsChartsAndNothingOfAnotherIsTakenForMarkup()
    {
        await RecordAsync();
        string page = _recorded.InFolder("report.html");

        (int exitCode, string output, _) = RecordedLedger.Run("report", _recorded.File, "--html", page, "--by", "day", "--by", "tag:tenant");

        Assert.Equal(0, exitCode);
        Assert.Contains("report.html", output, StringComparison.Ordinal);
        string html = await File.ReadAllTextAsync(page, TestContext.Current.CancellationToken);
        Assert.DoesNotContain("<script", html, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("&lt;script&gt;", html, StringComparison.Ordinal);
        Assert.DoesNotContain("http://", html, StringComparison.Ordinal);
        Assert.DoesNotContain("https://", html, StringComparison.Ordinal);
        Assert.DoesNotContain("src=", html, StringComparison.Ordinal);
        string[] charts = [.. html.Split("<svg").Skip(1).Select(part => "<svg" + part[..(part.IndexOf("</svg>", StringComparison.Ordinal) + 6)])];
        Assert.Equal(2, charts.Length);
        Assert.All(charts, chart => Assert.Equal(2, XElement.Parse(chart).Descendants("rect").Count()));
    }

    [Fact]
    public async Task CommaSeparatedValuesAreQuotedAndNoFormula()
    {
        await RecordAsync();

        (int exitCode, string output, _) = RecordedLedger.Run("report", _recorded.File, "--csv", "--by", "tag:tenant");

        Assert.Equal(0, exitCode);
        string[] lines = output.Split("\r\n");
        Assert.StartsWith("by,key,attempts", lines[0], StringComparison.Ordinal);
        Assert.StartsWith("tag:tenant,\"<script>alert('x')</script>&\"\"\",2,", lines[1], StringComparison.Ordinal);
        Assert.StartsWith("tag:tenant,acme,3,1,0,20,0,2000,1.1,0,0,0", lines[2], StringComparison.Ordinal);
        Assert.Equal("'=1+1", ReportCsv.Cell("=1+1"));
    }

    [Fact]
    public async Task AnAttemptThatARunAndATrackerWroteDownIsCountedOnce()
    {
        await using (SqliteSpendLedger ledger = _recorded.Open())
        {
            var tracker = new CostTracker([Budget.Daily("day", 10m)], RecordedLedger.Prices, ledger, options => options.RecordedTags.Add("tenant"));
            using var run = BudgetRun.Begin("job", 5m, tracker);
            SpendRequest request = RecordedLedger.Request("large", 1_000, "acme", run);
            SpendReservation ofDay = await tracker.ReserveAsync(request, TestContext.Current.CancellationToken);
            SpendReservation ofRun = await run.Gate.ReserveAsync(request, TestContext.Current.CancellationToken);
            var settlement = new SpendSettlement { Usage = new BillableUsage { OutputTokens = 1_000 } };
            await tracker.SettleAsync(ofDay, settlement);
            await run.Gate.SettleAsync(ofRun, settlement);
        }

        JsonElement report = Json("--by", "model");

        Assert.Equal([("large", 1m)], Rows(report, 0));
        Assert.Equal(["day", "@run"], report.GetProperty("budgets").EnumerateArray().Select(use => use.GetProperty("budget").GetString()!));
    }

    [Fact]
    public async Task ARollingBudgetIsToldByTheMostThatCountedAtOnce()
    {
        var budget = Budget.Rolling("hours", 10m, TimeSpan.FromHours(2));
        await using (SqliteSpendLedger ledger = _recorded.Open())
        {
            var tracker = new CostTracker([budget], RecordedLedger.Prices, ledger, options => options.RecordedTags.Add("tenant"));
            foreach (int minutes in (int[])[0, 30, 30, 300])
            {
                _recorded.Clock.Advance(TimeSpan.FromMinutes(minutes));
                await _recorded.CallAsync(tracker, "large", 1_000, "acme");
            }
        }

        JsonElement report = Json("--config", Config("""{ "budgets": [ { "name": "hours", "period": "rolling", "span": "02:00:00", "limit": 10 } ] }"""));

        JsonElement use = Assert.Single(report.GetProperty("budgets").EnumerateArray());
        Assert.Equal(3m, use.GetProperty("spent").GetDecimal());
        Assert.Equal(0.3m, use.GetProperty("share").GetDecimal());
    }

    [Theory]
    [InlineData("missing.db", null)]
    [InlineData("other.db", "this is no database, however long it is, and it has enough bytes for a header of one hundred bytes, it really has")]
    [InlineData("empty.db", "")]
    public async Task AFileThatIsMissingOrNoLedgerIsAMessageThatNamesItAndExitCodeOne(string name, string? content)
    {
        string file = _recorded.InFolder(name);
        if (content is not null)
        {
            await File.WriteAllTextAsync(file, content, TestContext.Current.CancellationToken);
        }

        (int exitCode, string output, string error) = RecordedLedger.Run("report", file);

        Assert.Equal(1, exitCode);
        Assert.Empty(output);
        Assert.Contains(name, error, StringComparison.Ordinal);
        Assert.Equal(content is not null, File.Exists(file));
    }

    [Theory]
    [InlineData("--by", "colour")]
    [InlineData("--time-zone", "Mars/Olympus")]
    [InlineData("--from", "yesterday")]
    public async Task AnOptionThatMeansNothingIsAMessageAndExitCodeTwo(string option, string value)
    {
        await RecordAsync();

        (int exitCode, _, string error) = RecordedLedger.Run("report", _recorded.File, option, value);

        Assert.Equal(2, exitCode);
        Assert.Contains(value, error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{ "budgets": [ { "name": "day", "period": "fortnight", "limit": 1 } ] }""", "period")]
    [InlineData("""{ "budgets": [ { "name": "day", "period": "day", "limt": 1 } ] }""", "limt")]
    [InlineData("""{ "budgets": [ { "name": "day", "period": "day", "limit": -1 } ] }""", "negative")]
    [InlineData("""{ "budgets": [ { "name": "day", "period": "rolling", "limit": 1 } ] }""", "span")]
    [InlineData("""{ "budgets": [ { "name": "day", "period": "day", "partition": ["colour"] } ] }""", "colour")]
    [InlineData("""{ "prices": { "m": { "input": 2000000, "output": 1 } } }""", "million")]
    [InlineData("{", "config.json")]
    public async Task AConfigurationThatIsWrongIsAMessageThatSaysWhere(string text, string named)
    {
        await RecordAsync();

        (int exitCode, _, string error) = RecordedLedger.Run("report", _recorded.File, "--config", Config(text));

        Assert.Equal(1, exitCode);
        Assert.Contains(named, error, StringComparison.Ordinal);
        Assert.Contains("config.json", error, StringComparison.Ordinal);
    }

    private async Task RecordAsync()
    {
        await using SqliteSpendLedger ledger = _recorded.Open();
        var tracker = new CostTracker([Budget.Daily("day", 100m)], RecordedLedger.Prices, ledger, options => options.RecordedTags.Add("tenant"));
        await _recorded.CallAsync(tracker, "large", 1_000, "acme");
        _recorded.Clock.Advance(TimeSpan.FromHours(3));
        await _recorded.CallAsync(tracker, "small", 1_000, "acme");
        await _recorded.CallAsync(tracker, "large", 2_500, Hostile);
        await tracker.ReleaseAsync(await tracker.ReserveAsync(RecordedLedger.Request("large", 1_000, "acme")));
        await tracker.ReserveAsync(RecordedLedger.Request("large", 1_000, Hostile));
    }

    private string Config(string text)
    {
        string file = _recorded.InFolder("config.json");
        File.WriteAllText(file, text);
        return file;
    }

    private JsonElement Json(params string[] options)
    {
        (int exitCode, string output, string error) = RecordedLedger.Run(["report", _recorded.File, "--json", .. options]);
        Assert.Equal((0, ""), (exitCode, error));
        return JsonSerializer.Deserialize<JsonElement>(output);
    }

    private static (string Key, decimal Spent)[] Rows(JsonElement report, int group) =>
        [.. report.GetProperty("groups")[group].GetProperty("rows").EnumerateArray()
            .Select(row => (row.GetProperty("key").GetString()!, row.GetProperty("spent").GetDecimal()))];
}
