using System.Text.RegularExpressions;

namespace MeaiBudget.Tool;

/// <summary>Reads Bedrock's lines of AWS's cost and usage reports. Lines of other services are left out.</summary>
internal static partial class AwsBill
{
    public static void ReadRow(BillTable table, BillSums sums, BillItems items)
    {
        string usageType = table.Text("line_item_usage_type", "lineItem/UsageType");
        Match match = UsageType().Match(usageType);
        if (!match.Success && !table.Text("line_item_product_code", "lineItem/ProductCode").Contains("Bedrock", StringComparison.OrdinalIgnoreCase))
        {
            return;
        }

        DateTimeOffset from = table.Time("line_item_usage_start_date", "lineItem/UsageStartDate");
        DateTimeOffset to = table.Text("line_item_usage_end_date", "lineItem/UsageEndDate").Length > 0 ? table.Time("line_item_usage_end_date", "lineItem/UsageEndDate") : BillTime.EndOfDay(from);
        string type = table.Text("line_item_line_item_type", "lineItem/LineItemType");
        bool isUsage = type.Length == 0 || type.EndsWith("Usage", StringComparison.OrdinalIgnoreCase);
        var line = new BilledLine
        {
            Provider = ProviderNames.Bedrock,
            From = from,
            To = to > from ? to : BillTime.EndOfDay(from),
            Amount = table.Number("line_item_unblended_cost", "lineItem/UnblendedCost") ?? 0m,
            ListAmount = isUsage ? table.Number("pricing_public_on_demand_cost", "pricing/publicOnDemandCost") : null,
            Currency = table.Text("line_item_currency_code", "lineItem/CurrencyCode") is { Length: > 0 } currency ? currency : "USD",
            Key = table.Text("line_item_resource_id", "lineItem/ResourceId"),
            Project = table.Text("line_item_usage_account_id", "lineItem/UsageAccountId"),
            IsNoUsage = !isUsage,
            Item = isUsage ? usageType : type.ToLowerInvariant(),
        };
        if (isUsage && match.Success)
        {
            string rest = match.Groups["rest"].Value;
            decimal? units = table.Number("line_item_usage_amount", "lineItem/UsageAmount");
            decimal factor = BillUnit.TokensOf(table.Text("pricing_unit", "pricing/unit"), 1000m);
            line = line with
            {
                Model = items.ModelOf(usageType) ?? match.Groups["model"].Value,
                Item = "",
                Tier = rest.Contains("batch", StringComparison.OrdinalIgnoreCase) ? ServiceTiers.Batch
                    : rest.Contains("priority", StringComparison.OrdinalIgnoreCase) ? ServiceTiers.Priority
                    : rest.Contains("flex", StringComparison.OrdinalIgnoreCase) ? ServiceTiers.Flex : "",
                Quantities = units is { } amount
                    ? [new(match.Groups["kind"].Value.ToLowerInvariant() switch { "input-tokens" => BilledKind.Input, "output-tokens" => BilledKind.Output, "cache-read-input-token-count" => BilledKind.CachedInput, _ => BilledKind.CacheWrite }, (long)(amount * factor))]
                    : [],
            };
        }
        else if (isUsage && items.ModelOf(usageType) is { } model)
        {
            line = line with { Model = model, Item = "" };
        }

        sums.Add(line, table.Place);
    }

    [GeneratedRegex(@"^(?:[A-Z]{2,4}\d+-)?(?<model>.+?)(?:-mantle)?-(?<kind>input-tokens|output-tokens|cache-read-input-token-count|cache-write-input-token-count)(?<rest>.*)$", RegexOptions.IgnoreCase)]
    private static partial Regex UsageType();
}
