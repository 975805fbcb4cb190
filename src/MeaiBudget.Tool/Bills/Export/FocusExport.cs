using System.Globalization;
using System.Text.Json;
using CsvHelper;

namespace MeaiBudget.Tool;

/// <summary>Writes a ledger's attempts as rows of FOCUS 1.2: one for each day, model, tier, kind of token and set of tags.</summary>
internal sealed class FocusExport(PriceCatalog catalog, string account, string? accountName)
{
    /// <summary>The columns, in the order of the file. Own columns begin with x_.</summary>
    public static readonly string[] Columns =
    [
        "BilledCost", "EffectiveCost", "ContractedCost", "ListCost", "BillingCurrency", "BillingAccountId", "BillingAccountName", "BillingPeriodStart", "BillingPeriodEnd",
        "ChargePeriodStart", "ChargePeriodEnd", "ChargeCategory", "ChargeClass", "ChargeDescription", "ChargeFrequency", "PricingCategory", "PricingQuantity", "PricingUnit",
        "ListUnitPrice", "ContractedUnitPrice", "ConsumedQuantity", "ConsumedUnit", "ProviderName", "PublisherName", "InvoiceIssuerName", "InvoiceId", "ServiceCategory",
        "ServiceName", "ServiceSubcategory", "SkuId", "SkuMeter", "SkuPriceId", "SkuPriceDetails", "ResourceId", "ResourceName", "ResourceType", "SubAccountId", "SubAccountName",
        "RegionId", "RegionName", "Tags", "x_Model", "x_ServiceTier", "x_TokenType", "x_Requests", "x_CostKind", "x_PriceMatch",
    ];

    private readonly Dictionary<ExportedKey, ExportedRow> _rows = [];

    public void Add(BookedAttempt attempt)
    {
        SpendRecord record = attempt.Record;
        if (record.State is not ("settled" or "unconfirmed" or "expired"))
        {
            return;
        }

        string provider = ProviderNames.Canonical(record.Call!.Provider) ?? "unknown";
        string tags = record.Call.Tags is { Count: > 0 } known ? JsonSerializer.Serialize(new SortedDictionary<string, string>(known.ToDictionary(), StringComparer.Ordinal)) : "";
        foreach ((string meter, long quantity, decimal cost, decimal listCost) in ExportedParts.Of(catalog, attempt))
        {
            var key = new ExportedKey(
                DateOnly.FromDateTime(attempt.BookedAt.UtcDateTime), provider, record.ResponseModelId ?? record.Call.ModelId ?? "unknown", ServiceTiers.Canonical(record.Usage.ServiceTier) ?? "standard", meter,
                record.Call.Route ?? "", tags, attempt.IsUnconfirmed ? "Unconfirmed" : record.CostKind.ToString(), record.PriceMatch.ToString(), record.Id!.Value.Owner == BillCorrections.Owner);
            (_rows.TryGetValue(key, out ExportedRow? row) ? row : _rows[key] = new ExportedRow()).Add(quantity, cost, listCost);
        }
    }

    public void Write(TextWriter writer)
    {
        using var csv = new CsvWriter(writer, CultureInfo.InvariantCulture, leaveOpen: true);
        foreach (string column in Columns)
        {
            csv.WriteField(column);
        }

        csv.NextRecord();
        foreach ((ExportedKey key, ExportedRow row) in _rows.OrderBy(entry => entry.Key.Day).ThenBy(entry => entry.Key.ToString(), StringComparer.Ordinal))
        {
            Dictionary<string, string> values = Values(key, row);
            foreach (string column in Columns)
            {
                csv.WriteField(values.GetValueOrDefault(column, ""));
            }

            csv.NextRecord();
        }
    }

    private Dictionary<string, string> Values(ExportedKey key, ExportedRow row)
    {
        bool isTokens = ExportedParts.IsTokens(key.Meter);
        decimal priced = isTokens ? row.Quantity / 1_000_000m : row.Quantity;
        string consumed = isTokens ? "Tokens" : key.Meter;
        (string name, string issuer, string service) = ServiceOf(key.Provider);
        string price = $"{key.Provider}/{key.Model}/{key.Tier}/{key.Meter.ToLowerInvariant().Replace(' ', '-')}";
        var month = new DateOnly(key.Day.Year, key.Day.Month, 1);
        return new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["BilledCost"] = Number(row.Cost),
            ["EffectiveCost"] = Number(row.Cost),
            ["ContractedCost"] = Number(row.Cost),
            ["ListCost"] = Number(row.ListCost),
            ["BillingCurrency"] = "USD",
            ["BillingAccountId"] = account,
            ["BillingAccountName"] = accountName ?? "",
            ["BillingPeriodStart"] = Day(month),
            ["BillingPeriodEnd"] = Day(month.AddMonths(1)),
            ["ChargePeriodStart"] = Day(key.Day),
            ["ChargePeriodEnd"] = Day(key.Day.AddDays(1)),
            ["ChargeCategory"] = "Usage",
            ["ChargeClass"] = key.IsCorrection ? "Correction" : "",
            ["ChargeDescription"] = $"{key.Model}, {key.Meter.ToLowerInvariant()}",
            ["ChargeFrequency"] = "Usage-Based",
            ["PricingCategory"] = "Standard",
            ["PricingQuantity"] = Number(priced),
            ["PricingUnit"] = isTokens ? "1000000 Tokens" : key.Meter,
            ["ListUnitPrice"] = priced > 0m ? Number(row.ListCost / priced) : "",
            ["ContractedUnitPrice"] = priced > 0m ? Number(row.Cost / priced) : "",
            ["ConsumedQuantity"] = row.Quantity.ToString(CultureInfo.InvariantCulture),
            ["ConsumedUnit"] = consumed,
            ["ProviderName"] = name,
            ["PublisherName"] = PublisherOf(key.Model) ?? name,
            ["InvoiceIssuerName"] = issuer,
            ["ServiceCategory"] = "AI and Machine Learning",
            ["ServiceName"] = service,
            ["ServiceSubcategory"] = "Generative AI",
            ["SkuId"] = $"{key.Provider}/{key.Model}",
            ["SkuMeter"] = key.Meter,
            ["SkuPriceId"] = price,
            ["SkuPriceDetails"] = JsonSerializer.Serialize(new Dictionary<string, string> { ["x_Model"] = key.Model, ["x_ServiceTier"] = key.Tier }),
            ["ResourceId"] = key.Route,
            ["ResourceName"] = key.Route,
            ["ResourceType"] = key.Route.Length > 0 ? "Route" : "",
            ["Tags"] = key.Tags,
            ["x_Model"] = key.Model,
            ["x_ServiceTier"] = key.Tier,
            ["x_TokenType"] = key.Meter,
            ["x_Requests"] = row.Requests.ToString(CultureInfo.InvariantCulture),
            ["x_CostKind"] = key.CostKind,
            ["x_PriceMatch"] = key.PriceMatch,
        };
    }

    private static (string Name, string Issuer, string Service) ServiceOf(string provider) => provider switch
    {
        "openai" => ("OpenAI", "OpenAI", "OpenAI API"),
        "anthropic" => ("Anthropic", "Anthropic", "Claude API"),
        "azure" => ("Microsoft", "Microsoft", "Azure OpenAI"),
        "bedrock" => ("AWS", "AWS", "Amazon Bedrock"),
        "google" => ("Google", "Google", "Gemini API"),
        "vertex" => ("Google Cloud", "Google Cloud", "Vertex AI"),
        "openrouter" => ("OpenRouter", "OpenRouter", "OpenRouter API"),
        "mistral" => ("Mistral AI", "Mistral AI", "Mistral API"),
        _ => (provider, provider, $"{provider} API"),
    };

    private static string? PublisherOf(string model) => model switch
    {
        _ when model.Contains("claude", StringComparison.OrdinalIgnoreCase) => "Anthropic",
        _ when model.Contains("gpt-", StringComparison.OrdinalIgnoreCase) => "OpenAI",
        _ when model.Contains("gemini", StringComparison.OrdinalIgnoreCase) => "Google",
        _ => null,
    };

    private static string Day(DateOnly day) => day.ToString("yyyy-MM-dd'T00:00:00Z'", CultureInfo.InvariantCulture);

    private static string Number(decimal number) => number.ToString("0.############", CultureInfo.InvariantCulture);
}
