using System.CommandLine;
using System.Text.Json;
using MeaiBudget.Tool;
using Spectre.Console;

namespace MeaiBudget.Tests;

/// <summary>The budgets of a ledger are shown with what is left, the one that needs attention most first.</summary>
public sealed class WatchCommandTests : IDisposable
{
    private const string Settings = """
        { "MeaiBudget": { "Budgets": {
            "day": { "Limit": 10 },
            "tenant": { "Period": "Month", "Limit": 1, "PartitionBy": ["tag:tenant"] },
            "calls": { "Period": "Rolling", "Span": "04:00:00", "RequestLimit": 100 },
            "week": { "Period": "Week", "Limit": 30 } } } }
        """;

    private static readonly Budget[] Budgets =
    [
        Budget.Daily("day", 10m), Budget.Monthly("tenant", 1m).PerTag("tenant"), Budget.Rolling("calls", null, TimeSpan.FromHours(4)) with { RequestLimit = 100 }, Budget.Weekly("week", 30m),
    ];

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("meaibudget-watch-");
    private readonly ToolLedgers _ledgers = new();

    public void Dispose()
    {
        _ledgers.Dispose();
        _folder.Delete(recursive: true);
    }

    [Theory]
    [InlineData("sqlite")]
    [InlineData("redis")]
    [InlineData("postgresql")]
    public async Task R6_TheBudgetThatNeedsAttentionMostIsFirst(string kind)
    {
        (string Ledger, string Name) ledger = _ledgers.New(kind);
        await SpendAsync(ledger, ("acme", 900_000), ("other", 100_000), ("worst", 1_100_000));

        JsonElement[] read = await ReadAsync(ledger, Settings);

        Assert.Equal(["tenant worst spent", "tenant acme low", "day  ok", "tenant other ok", "week  ok", "calls  ok"], read.Select(one => $"{Text(one, "budget")} {Text(one, "key")} {Text(one, "state")}"));
        Assert.Equal((2.1m, 10m), (read[2].GetProperty("spent").GetDecimal(), read[2].GetProperty("limit").GetDecimal()));
        Assert.Equal(("requests", 3m, 100m), (Text(read[5], "unit"), read[5].GetProperty("spent").GetDecimal(), read[5].GetProperty("limit").GetDecimal()));
    }

    [Theory]
    [InlineData("sqlite")]
    [InlineData("redis")]
    [InlineData("postgresql")]
    public async Task R6_WithoutSettingsThePeriodsAreFoundAndTheLedgersOwnLimitsApply(string kind)
    {
        (string Ledger, string Name) ledger = _ledgers.New(kind);
        await SpendAsync(ledger, ("acme", 900_000));
        Assert.Equal(0, (await ToolLedgers.RunAsync(BudgetCommand.Create(), "set", ledger.Ledger, "tenant", "2", "--key", "acme", "--name", ledger.Name, "--reason", "a test")).Code);
        Assert.Equal(0, (await ToolLedgers.RunAsync(BudgetCommand.Create(), "stop", ledger.Ledger, "day", "--name", ledger.Name, "--reason", "a test")).Code);

        JsonElement[] read = await ReadAsync(ledger, null);

        Assert.Equal("day  stopped", $"{Text(read[0], "budget")} {Text(read[0], "key")} {Text(read[0], "state")}");
        Assert.Equal(TimeProvider.System.GetUtcNow().ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture), Text(read[0], "period"));
        JsonElement acme = read.Single(one => Text(one, "key") == "acme");
        Assert.Equal((2m, 0.45m, "ok"), (acme.GetProperty("limit").GetDecimal(), acme.GetProperty("share").GetDecimal(), Text(acme, "state")));
        Assert.Equal(TimeProvider.System.GetUtcNow().ToString("yyyy-MM", System.Globalization.CultureInfo.InvariantCulture), Text(acme, "period"));
        Assert.Contains(read, one => Text(one, "budget") == "calls" && Text(one, "period") == "all kept");
    }

    [Fact]
    public async Task R6_WatchingChangesNothingInTheLedger()
    {
        (string Ledger, string Name) ledger = _ledgers.New("sqlite");
        await SpendAsync(ledger, ("acme", 900_000));
        await ToolLedgers.RunAsync(BudgetCommand.Create(), "set", ledger.Ledger, "day", "5", "--reason", "a test");

        await ReadAsync(ledger, Settings);

        (_, string listed) = await ToolLedgers.RunAsync(BudgetCommand.Create(), "list", ledger.Ledger);
        Assert.DoesNotContain("the code of", listed, StringComparison.Ordinal);
    }

    [Fact]
    public async Task R6_InAPipeEachChangeIsALine()
    {
        (string Ledger, string Name) ledger = _ledgers.New("sqlite");
        await SpendAsync(ledger, ("acme", 900_000));
        using var enough = new CancellationTokenSource();
        using var output = new LineCounter(4, enough.Cancel);

        ParseResult parsed = WatchCommand.Create().Parse([ledger.Ledger, "--config", File(Settings), "--interval", "0.2"]);
        await parsed.InvokeAsync(new InvocationConfiguration { Output = output, Error = output }, enough.Token);

        string[] lines = output.ToString().Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(4, lines.Length);
        Assert.Matches(@"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ  low       tenant acme  spent \$0\.90  of \$1\.00 \(90%\)  \d{4}-\d\d$", lines[0]);
    }

    [Theory]
    [InlineData("--interval", "0")]
    [InlineData("--interval", "soon")]
    [InlineData("--top", "0")]
    public void R6_ValuesOutOfRangeAreWrongUsage(string option, string value) =>
        Assert.Contains(option, Assert.Single(WatchCommand.Create().Parse(["spend.db", option, value]).Errors.Select(error => error.Message).Distinct()), StringComparison.Ordinal);

    [Theory]
    [InlineData(60)]
    [InlineData(80)]
    [InlineData(120)]
    [InlineData(200)]
    public void R6_TheTableFitsTheTerminal(int width)
    {
        var now = new DateTimeOffset(2026, 5, 4, 12, 0, 0, TimeSpan.Zero);
        WatchedBudget[] budgets =
        [
            new("tenant", new string('x', 80), BudgetUnit.Dollars, 123_456_789_000_000, 1_500_000_000, 200_000_000_000_000, false, "2026-05", now.AddDays(26)),
            new("a-budget-with-quite-a-long-name", "", BudgetUnit.Tokens, 1_000_000, 0, 2_000_000, true, "last 30.00:00:00", null),
            new("day\u001b[31m", "", BudgetUnit.Dollars, 0, 0, 0, false, "2026-05-04", now.AddHours(12)),
        ];
        using var output = new StringWriter();
        IAnsiConsole console = ToolConsole.Create(output);
        console.Profile.Width = width;

        console.Write(WatchView.Table(budgets, "spend.db, limits of appsettings.json", "A note.", now, width, 2));

        string text = output.ToString();
        Assert.All(text.Split('\n'), line => Assert.True(line.TrimEnd().Length <= width, $"{line.TrimEnd().Length}: {line}"));
        Assert.Contains("$200,000.00", text, StringComparison.Ordinal);
        Assert.Contains("  62%  ", text, StringComparison.Ordinal);
        Assert.Contains("stopped", text, StringComparison.Ordinal);
        Assert.Contains("1 more with less use.", text, StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', text);
    }

    private static string Text(JsonElement one, string name) => one.GetProperty(name).GetString()!;

    private static async Task SpendAsync((string Ledger, string Name) one, params (string Tenant, long Output)[] calls)
    {
        ISpendLedger ledger = await ToolLedgers.OpenAsync(one);
        var tracker = new CostTracker(Budgets, PriceCatalog.Empty.With("model", ModelPrice.PerMillionTokens(0m, 1m)), ledger);
        foreach ((string tenant, long output) in calls)
        {
            await tracker.SpendAsync("model", 0, output, new Dictionary<string, string> { ["tenant"] = tenant });
        }

        (ledger as IDisposable)?.Dispose();
    }

    private async Task<JsonElement[]> ReadAsync((string Ledger, string Name) ledger, string? settings)
    {
        string[] config = settings is null ? [] : ["--config", File(settings)];
        (int code, string output) = await ToolLedgers.RunAsync(WatchCommand.Create(), [ledger.Ledger, "--name", ledger.Name, "--once", "--json", .. config]);
        Assert.True(code == 0, output);
        return [.. JsonDocument.Parse(output).RootElement.GetProperty("budgets").EnumerateArray()];
    }

    private string File(string text)
    {
        string file = Path.Combine(_folder.FullName, "appsettings.json");
        System.IO.File.WriteAllText(file, text);
        return file;
    }

    /// <summary>Does something after so many lines.</summary>
    private sealed class LineCounter(int lines, Action then) : StringWriter
    {
        private int _lines;

        public override void WriteLine(string? value)
        {
            base.WriteLine(value);
            if (++_lines == lines)
            {
                then();
            }
        }
    }
}
