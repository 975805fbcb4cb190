using System.Globalization;
using System.Text.Json;
using CsvHelper;
using MeaiBudget.Tool;

namespace MeaiBudget.Tests;

public sealed class ExportCommandTests : IDisposable
{
    private readonly BilledLedger _ledger = new();

    public void Dispose() => _ledger.Dispose();

    [Fact]
    public async Task FocusRowsKeepTheRulesOfTheirColumns()
    {
        await RecordAsync();

        (int exitCode, string output, string error) = BilledLedger.Run("export", _ledger.File, "--format", "focus", "--account", "org-1");

        Assert.Equal(("", 0), (error, exitCode));
        Dictionary<string, string>[] rows = [.. Rows(output)];
        Assert.Equal(FocusExport.Columns, rows[0].Keys);
        foreach (Dictionary<string, string> row in rows)
        {
            string[] mandatory =
            [
                "BilledCost", "EffectiveCost", "ContractedCost", "ListCost", "BillingCurrency", "BillingAccountId", "BillingPeriodStart", "BillingPeriodEnd", "ChargePeriodStart",
                "ChargePeriodEnd", "ChargeCategory", "ProviderName", "PublisherName", "InvoiceIssuerName", "ServiceCategory", "ServiceName",
            ];
            Assert.All(mandatory, column => Assert.NotEqual("", row[column]));
            Assert.Equal(("Usage", "USD", "AI and Machine Learning", "Generative AI"), (row["ChargeCategory"], row["BillingCurrency"], row["ServiceCategory"], row["ServiceSubcategory"]));
            Assert.All(["BillingPeriodStart", "BillingPeriodEnd", "ChargePeriodStart", "ChargePeriodEnd"], column => Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$", row[column]));
            Assert.True(string.CompareOrdinal(row["ChargePeriodStart"], row["ChargePeriodEnd"]) < 0);
            Assert.True(string.CompareOrdinal(row["BillingPeriodStart"], row["ChargePeriodStart"]) <= 0 && string.CompareOrdinal(row["ChargePeriodEnd"], row["BillingPeriodEnd"]) <= 0);
            Assert.Equal(Number(row["BilledCost"]), Number(row["PricingQuantity"]) * Number(row["ContractedUnitPrice"]), 8);
            Assert.Equal(JsonValueKind.Object, JsonDocument.Parse(row["Tags"]).RootElement.ValueKind);
            Assert.All(JsonDocument.Parse(row["SkuPriceDetails"]).RootElement.EnumerateObject(), detail => Assert.StartsWith("x_", detail.Name, StringComparison.Ordinal));
        }

        IReadOnlyList<SpendRecord> total = await SqliteSpendRecords.Open(_ledger.File).QueryAsync(new SpendQuery(), TestContext.Current.CancellationToken);
        Assert.Equal(total[0].Spent, rows.Sum(row => Number(row["BilledCost"])));
        Assert.Equal(["Cached Input Tokens", "Input Tokens", "Output Tokens"], rows.Where(row => row["x_Model"] == "gpt-4o").Select(row => row["SkuMeter"]).Distinct().Order(StringComparer.Ordinal));
        Assert.Equal(("10000", "Tokens", "0.01", "1000000 Tokens"), rows.Where(row => row["x_Model"] == "gpt-4o" && row["SkuMeter"] == "Cached Input Tokens").Select(row => (row["ConsumedQuantity"], row["ConsumedUnit"], row["PricingQuantity"], row["PricingUnit"])).First());
    }

    [Fact]
    public async Task AnExportIsABillThatTheLedgerEquals()
    {
        await RecordAsync();
        string file = _ledger.InFolder("focus.csv");
        BilledLedger.Run("export", _ledger.File, "--format", "focus", "--output", file);

        (int exitCode, string output, _) = BilledLedger.Run("reconcile", _ledger.File, file, "--tolerance", "0");

        Assert.True(exitCode == 0, output);
        Assert.Contains("difference 0.000000 USD", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task EachAttemptIsARowOrALine()
    {
        await RecordAsync();

        Dictionary<string, string>[] rows = [.. Rows(BilledLedger.Run("export", _ledger.File, "--format", "csv").Output)];
        JsonElement[] lines = [.. BilledLedger.Run("export", _ledger.File, "--format", "json", "--from", "2026-11-20", "--to", "2026-11-21").Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement)];

        Assert.Equal((3, 3), (rows.Length, lines.Length));
        Assert.Equal(rows.Sum(row => Number(row["spent"])), lines.Sum(line => line.GetProperty("spent").GetDecimal()));
        Assert.Contains(lines, line => line.GetProperty("tags").GetProperty("tenant").GetString() == "b, with a comma");
    }

    private Task RecordAsync() => _ledger.RecordAsync(
        ("openai", "gpt-4o", new BillableUsage { InputTokens = 30_000, CachedInputTokens = 10_000, OutputTokens = 777 }, "a", false),
        ("openai", "gpt-4o", new BillableUsage { InputTokens = 31_000, CachedInputTokens = 1, OutputTokens = 7 }, "b, with a comma", false),
        ("anthropic", "claude-haiku-4-5", new BillableUsage { InputTokens = 3_333, OutputTokens = 11, CacheWriteTokens = 100 }, "a", true));

    private static IEnumerable<Dictionary<string, string>> Rows(string output)
    {
        using var csv = new CsvReader(new StringReader(output), CultureInfo.InvariantCulture);
        csv.Read();
        csv.ReadHeader();
        while (csv.Read())
        {
            yield return csv.HeaderRecord!.ToDictionary(column => column, column => csv.GetField(column) ?? "");
        }
    }

    private static decimal Number(string text) => decimal.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture);
}
