using System.Text.Json;

namespace MeaiBudget.Tests;

public sealed class ReconcileCommandTests : IDisposable
{
    // gpt-6-sol: 2 USD per million input tokens, 0.20 cached, 2.50 written, 10 output.
    private static readonly BillableUsage Usage = new() { InputTokens = 1_250_000, CachedInputTokens = 500_000, CacheWriteTokens = 50_000, OutputTokens = 80_000 };
    private readonly BilledLedger _ledger = new();

    public void Dispose() => _ledger.Dispose();

    [Fact]
    public async Task EqualUsageAndCostsAgree()
    {
        await _ledger.RecordAsync(("openai", "gpt-6-sol", Usage, "shop", false));

        (int exitCode, string output, string error) = BilledLedger.Run("reconcile", _ledger.File, UsagePage(1_250_000), CostPage("1.40"));

        Assert.Equal(("", 0), (error, exitCode));
        Assert.Contains("All 1 lines agree", output, StringComparison.Ordinal);
        Assert.Contains("billed 2.425000 USD, ledger 2.425000 USD", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AnotherPriceIsFoundByEqualTokens()
    {
        await _ledger.RecordAsync(("openai", "gpt-6-sol", Usage, "shop", false));

        (int exitCode, JsonElement row) = OneRow("reconcile", _ledger.File, UsagePage(1_250_000), CostPage("2.80"), "--json");

        Assert.Equal((1, "price", 1.4m, true), (exitCode, row.GetProperty("result").GetString(), row.GetProperty("difference").GetDecimal(), row.GetProperty("tokensAreEqual").GetBoolean()));
    }

    [Fact]
    public async Task MoreTokensOnTheBillAreCallsThatTheLedgerHasNot()
    {
        await _ledger.RecordAsync(("openai", "gpt-6-sol", Usage, "shop", false));

        (int exitCode, JsonElement row) = OneRow("reconcile", _ledger.File, UsagePage(2_250_000), CostPage("3.40"), "--json");

        Assert.Equal((1, "tokens", 1_000_000L), (exitCode, row.GetProperty("result").GetString(), row.GetProperty("tokenDifference").GetInt64()));
        Assert.Contains("412 requests, the ledger 1", row.GetProperty("reasons").ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task ABillWithoutTheLedgersCallAndTheOtherWayAreNamed()
    {
        await _ledger.RecordAsync(("openai", "gpt-4o", new BillableUsage { InputTokens = 1_000_000 }, "shop", false));

        (int exitCode, string output, _) = BilledLedger.Run("reconcile", _ledger.File, CostPage("1.40"), "--json");

        JsonElement[] rows = [.. JsonDocument.Parse(output).RootElement.GetProperty("rows").EnumerateArray()];
        Assert.Equal(1, exitCode);
        Assert.Equal([("gpt-4o", "only-booked"), ("gpt-6-sol", "only-billed")], rows.Select(row => (row.GetProperty("model").GetString()!, row.GetProperty("result").GetString()!)));
    }

    [Fact]
    public async Task ADayWithoutUsageIsComparedToo()
    {
        await _ledger.RecordAsync(("openai", "gpt-4o", new BillableUsage { InputTokens = 1_000_000 }, "shop", false));
        string empty = _ledger.Write("empty.json", """{"object":"page","data":[{"object":"bucket","start_time":1795132800,"end_time":1795219200,"results":[]}],"has_more":false,"next_page":null}""");

        (int exitCode, JsonElement row) = OneRow("reconcile", _ledger.File, empty, "--json");

        Assert.Equal((1, "only-booked", -2.5m), (exitCode, row.GetProperty("result").GetString(), row.GetProperty("difference").GetDecimal()));
    }

    [Theory]
    [InlineData("--tolerance", "1.5", 0)]
    [InlineData("--tolerance", "30%", 1)]
    [InlineData("--tolerance", "0.05,60%", 0)]
    public async Task ADifferenceWithinTheToleranceIsNone(string option, string tolerance, int expected)
    {
        await _ledger.RecordAsync(("openai", "gpt-6-sol", Usage, "shop", false));

        Assert.Equal(expected, BilledLedger.Run("reconcile", _ledger.File, UsagePage(1_250_000), CostPage("2.80"), option, tolerance).ExitCode);
    }

    [Fact]
    public async Task ApplyingSharesTheDifferenceOverKeysAndReconcilesToZero()
    {
        BillableUsage third = new() { InputTokens = 500_000 };
        await _ledger.RecordAsync(("openai", "gpt-6-sol", third, "a", false), ("openai", "gpt-6-sol", third, "a", false), ("openai", "gpt-6-sol", third, "b", false));
        string bill = CostPage("3.50");

        (int exitCode, string output, string error) = BilledLedger.Run("reconcile", _ledger.File, bill, "--apply");

        Assert.Equal(("", 0), (error, exitCode));
        Assert.Contains("2 attempts adjusted", output, StringComparison.Ordinal);
        Assert.Contains("difference 0.000000 USD", output, StringComparison.Ordinal);
        Assert.Equal([3.016666667m, 1.508333333m], await TenantsAsync("a", "b"));

        (exitCode, output, _) = BilledLedger.Run("reconcile", _ledger.File, bill, "--apply");
        Assert.Equal(0, exitCode);
        Assert.Contains("0 attempts adjusted", output, StringComparison.Ordinal);
        Assert.Equal([3.016666667m, 1.508333333m], await TenantsAsync("a", "b"));
    }

    [Fact]
    public async Task ABillBelowTheLedgerLowersTheCharges()
    {
        BillableUsage third = new() { InputTokens = 500_000 };
        await _ledger.RecordAsync(("openai", "gpt-6-sol", third, "a", false), ("openai", "gpt-6-sol", third, "a", false), ("openai", "gpt-6-sol", third, "b", false));

        Assert.Equal(0, BilledLedger.Run("reconcile", _ledger.File, CostPage("0.475"), "--apply").ExitCode);
        Assert.Equal([1m, 0.5m], await TenantsAsync("a", "b"));
    }

    [Fact]
    public async Task UnconfirmedAttemptsAreResolvedFirst()
    {
        BillableUsage million = new() { InputTokens = 1_000_000 };
        await _ledger.RecordAsync(("openai", "gpt-6-sol", million, "a", false), ("openai", "gpt-6-sol", million, "b", true), ("openai", "gpt-6-sol", million, "b", true));
        string bill = CostPage("1.975");

        (_, JsonElement row) = OneRow("reconcile", _ledger.File, bill, "--json");
        Assert.Equal(("unconfirmed", -3m), (row.GetProperty("result").GetString(), row.GetProperty("difference").GetDecimal()));

        (int exitCode, string output, _) = BilledLedger.Run("reconcile", _ledger.File, bill, "--apply");
        Assert.Equal(0, exitCode);
        Assert.Contains("2 unconfirmed attempts resolved, 0 attempts adjusted", output, StringComparison.Ordinal);
        Assert.Equal([2m, 1m], await TenantsAsync("a", "b"));
        Assert.All(SqliteSpendRecords.Open(_ledger.File).ReadPeriods(), period => Assert.Equal(0, period.Unconfirmed));
    }

    [Fact]
    public async Task WhatNoAttemptCausedIsUnattributed()
    {
        await _ledger.RecordAsync(("openai", "gpt-4o", new BillableUsage { InputTokens = 1_000_000 }, "shop", false));
        string bill = _ledger.Write("two.json", $$"""{"data":[{"start_time":1795132800,"end_time":1795219200,"results":[{{Cost("gpt-4o, input", "2.50")}},{{Cost("gpt-6-sol, input", "1.25")}},{{Cost("some new thing", "0.75")}}]}]}""");

        (int exitCode, string output, _) = BilledLedger.Run("reconcile", _ledger.File, bill, "--apply");
        Assert.Equal(0, exitCode);
        Assert.Contains("2 USD unattributed", output, StringComparison.Ordinal);
        Assert.Equal(2_000_000_000, SqliteSpendRecords.Open(_ledger.File).ReadPeriods().Single(period => period.Account.StartsWith("unattributed/", StringComparison.Ordinal)).Charged);
        Assert.Contains("0 USD unattributed", BilledLedger.Run("reconcile", _ledger.File, bill, "--apply").Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ADayThatIsNotFinalIsLeftUnlessAskedFor()
    {
        _ledger.Clock.SetUtcNow(BilledLedger.Day.AddDays(9));
        await _ledger.RecordAsync(("openai", "gpt-6-sol", new BillableUsage { InputTokens = 1_000_000 }, "shop", false));
        string bill = CostPage("1.40", BilledLedger.Day.AddDays(9));

        Assert.Contains("1 lines of days that are not final were left", BilledLedger.Run("reconcile", _ledger.File, bill, "--apply").Output, StringComparison.Ordinal);
        Assert.Equal([2m], await TenantsAsync("shop"));
        Assert.Equal(0, BilledLedger.Run("reconcile", _ledger.File, bill, "--apply", "--include-open").ExitCode);
        Assert.Equal([2.425m], await TenantsAsync("shop"));
    }

    [Fact]
    public async Task ProjectsAndKeysAreComparedByTags()
    {
        await _ledger.RecordAsync(("openai", "gpt-6-sol", Usage, "proj_shop", false), ("openai", "gpt-6-sol", new BillableUsage { InputTokens = 1_000_000 }, "proj_other", false));

        (int exitCode, JsonElement row) = OneRow("reconcile", _ledger.File, CostPage("1.40"), "--project-tag", "tenant", "--project", "proj_shop", "--json");
        Assert.Equal((0, "proj_shop"), (exitCode, row.GetProperty("project").GetString()));
        Assert.Equal(1, BilledLedger.Run("reconcile", _ledger.File, CostPage("1.40")).ExitCode);
    }

    [Fact]
    public async Task APageWithChartsAndATableAreWritten()
    {
        await _ledger.RecordAsync(("openai", "gpt-6-sol", Usage, "shop", false));
        string page = _ledger.InFolder("page.html");

        (_, string csv, _) = BilledLedger.Run("reconcile", _ledger.File, CostPage("2.80"), "--csv", "--html", page);

        Assert.StartsWith("day,provider,model,item,tier", csv, StringComparison.Ordinal);
        Assert.Contains("2026-11-20,openai,gpt-6-sol", csv, StringComparison.Ordinal);
        Assert.Contains("<svg", File.ReadAllText(page), StringComparison.Ordinal);
        Assert.Contains("gpt-6-sol billed", File.ReadAllText(page), StringComparison.Ordinal);
    }

    private string UsagePage(long input) => _ledger.Write("usage.json", $$"""
        {"object":"page","data":[{"object":"bucket","start_time":1795132800,"end_time":1795219200,"results":[
          {"object":"organization.usage.completions.result","input_tokens":{{input}},"input_cached_tokens":500000,"input_cache_write_tokens":50000,
           "output_tokens":80000,"num_model_requests":412,"project_id":"proj_shop","user_id":null,"api_key_id":"key_web","model":"gpt-6-sol","batch":false,"service_tier":"default","a_new_field":7}]}],
         "has_more":false,"next_page":null}
        """);

    private string CostPage(string input, DateTimeOffset? day = null)
    {
        long start = (day ?? BilledLedger.Day).ToUnixTimeSeconds();
        return _ledger.Write("costs.json", $$"""
            {"object":"page","data":[{"object":"bucket","start_time":{{start}},"end_time":{{start + 86_400}},"results":[
              {{Cost("gpt-6-sol, input", input)}},{{Cost("gpt-6-sol, cached input", "0.10")}},{{Cost("gpt-6-sol, cache writes", "1.25e-1")}},{{Cost("gpt-6-sol, output", "0.80")}}]}],
             "has_more":false,"next_page":null}
            """);
    }

    private static string Cost(string item, string value) =>
        $$"""{"object":"organization.costs.result","amount":{"value":{{value}},"currency":"usd"},"line_item":"{{item}}","project_id":"proj_shop","api_key_id":"key_web","quantity":null,"quantity_unit":null}""";

    private static (int ExitCode, JsonElement Row) OneRow(params string[] arguments)
    {
        (int exitCode, string output, string error) = BilledLedger.Run(arguments);
        Assert.Equal("", error);
        return (exitCode, Assert.Single(JsonDocument.Parse(output).RootElement.GetProperty("rows").EnumerateArray()));
    }

    /// <summary>Returns what the monthly budgets of tenants were charged.</summary>
    private async Task<decimal[]> TenantsAsync(params string[] tenants)
    {
        IReadOnlyList<SpendRecord> sums = await SqliteSpendRecords.Open(_ledger.File).QueryAsync(
            new SpendQuery { GroupBy = ["key"], Where = new Dictionary<string, string> { ["budget"] = "tenant" } }, TestContext.Current.CancellationToken);
        return [.. tenants.Select(tenant => sums.Single(sum => sum.Group[0] == tenant).Spent)];
    }
}
