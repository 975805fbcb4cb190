using System.Text.Json;

namespace MeaiBudget.Tests;

public sealed class RepriceCommandTests : IDisposable
{
    private readonly BilledLedger _ledger = new();

    public void Dispose() => _ledger.Dispose();

    [Fact]
    public async Task TheRecordedUsageIsPricedByAnotherCatalog()
    {
        await RecordAsync();

        JsonElement found = Json("--by", "model");

        Assert.Equal((7.5m, 6m, 0), (found.GetProperty("charged").GetDecimal(), found.GetProperty("repriced").GetDecimal(), found.GetProperty("changed").GetInt32()));
        Assert.Equal([("gpt-4.1", 2m, 2m), ("gpt-4o", 5.5m, 4m)], found.GetProperty("groups").EnumerateArray()
            .Select(group => (group.GetProperty("group").GetString()!, group.GetProperty("charged").GetDecimal(), group.GetProperty("repriced").GetDecimal())));
    }

    [Fact]
    public async Task ApplyingReplacesTheChargesOnce()
    {
        await RecordAsync();

        Assert.Equal(2, Json("--apply").GetProperty("changed").GetInt32());
        Assert.Equal(0, Json("--apply").GetProperty("changed").GetInt32());
        Assert.Equal(6m, Json().GetProperty("charged").GetDecimal());
        IReadOnlyList<SpendRecord> ofTenant = await SqliteSpendRecords.Open(_ledger.File).QueryAsync(
            new SpendQuery { GroupBy = ["key"], Where = new Dictionary<string, string> { ["budget"] = "tenant" } }, TestContext.Current.CancellationToken);
        Assert.Equal([("a", 4m), ("b", 2m)], ofTenant.Select(sum => (sum.Group[0], sum.Spent)));
    }

    [Fact]
    public async Task ATableIsWrittenAndABadCatalogIsAClearError()
    {
        await RecordAsync();

        Assert.Contains("-1.500000", BilledLedger.Run("reprice", _ledger.File, "--catalog", Catalog(), "--by", "tag:tenant").Output, StringComparison.Ordinal);
        (int exitCode, _, string error) = BilledLedger.Run("reprice", _ledger.File, "--catalog", _ledger.Write("bad.json", "{"));
        Assert.Equal(2, exitCode);
        Assert.Contains("bad.json", error, StringComparison.Ordinal);
    }

    private Task RecordAsync() => _ledger.RecordAsync(
        ("openai", "gpt-4o", new BillableUsage { InputTokens = 1_000_000 }, "a", false),
        ("openai", "gpt-4o", new BillableUsage { InputTokens = 1_000_000, OutputTokens = 50_000 }, "a", false),
        ("openai", "gpt-4.1", new BillableUsage { InputTokens = 1_000_000 }, "b", false));

    private string Catalog() => _ledger.Write(
        "prices.json", """{ "format": "meaibudget-prices/1", "date": "2026-11-01", "models": [{ "provider": "openai", "id": "gpt-4o", "prices": [{ "input": 1.75, "output": 10 }] }] }""");

    private JsonElement Json(params string[] more)
    {
        (int exitCode, string output, string error) = BilledLedger.Run(["reprice", _ledger.File, "--catalog", Catalog(), "--json", .. more]);
        Assert.Equal(("", 0), (error, exitCode));
        return JsonDocument.Parse(output).RootElement;
    }
}
