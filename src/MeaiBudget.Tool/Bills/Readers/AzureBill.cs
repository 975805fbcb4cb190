namespace MeaiBudget.Tool;

/// <summary>Reads the lines of model services of Azure's cost details, with the names of columns of both kinds of agreement.</summary>
internal static class AzureBill
{
    // Parts of names of meters that say the direction, the kind of deployment and the unit, and not the model.
    private static readonly HashSet<string> Words = new(
        ["inp", "input", "inpt", "outp", "output", "opt", "outpt", "cached", "cache", "cd", "cchd", "glbl", "global", "gl", "regnl", "regional", "dzone", "dz", "datazone", "batch", "btch", "flex", "priority", "pp", "prty", "tokens", "token", "write", "read", "std", "text", "az", "azure", "openai", "1k", "1m"],
        StringComparer.OrdinalIgnoreCase);

    public static void ReadRow(BillTable table, BillSums sums, BillItems items)
    {
        string service = string.Join(' ', table.Text("MeterCategory"), table.Text("MeterSubCategory"), table.Text("ProductName", "Product"), table.Text("ConsumedService"));
        string meter = table.Text("MeterName");
        if (!service.Contains("OpenAI", StringComparison.OrdinalIgnoreCase) && !service.Contains("Foundry", StringComparison.OrdinalIgnoreCase) && !service.Contains("Cognitive", StringComparison.OrdinalIgnoreCase))
        {
            return;
        }

        DateTimeOffset from = table.MonthFirstTime("Date", "UsageDate", "UsageDateTime");
        string[] words = meter.Split([' ', '-', '_', '/'], StringSplitOptions.RemoveEmptyEntries);
        bool Says(params ReadOnlySpan<string> any)
        {
            foreach (string word in any)
            {
                if (words.Contains(word, StringComparer.OrdinalIgnoreCase))
                {
                    return true;
                }
            }

            return false;
        }

        string type = table.Text("ChargeType");
        bool isUsage = type.Length == 0 || type.Equals("Usage", StringComparison.OrdinalIgnoreCase);
        BilledKind? kind = Says("outp", "output", "opt", "outpt") ? BilledKind.Output
            : Says("write") ? BilledKind.CacheWrite
            : Says("cached", "cache", "cd", "cchd") ? BilledKind.CachedInput
            : Says("inp", "input", "inpt") ? BilledKind.Input : null;
        string? model = items.ModelOf(table.Text("MeterId")) ?? items.ModelOf(meter);
        decimal? dollars = table.Number("CostInUsd", "CostInUSD");
        decimal factor = BillUnit.TokensOf(table.Text("UnitOfMeasure"), 0m);
        bool isModel = kind is not null || model is not null;
        sums.Add(
            new BilledLine
            {
                Provider = "azure",
                From = from,
                To = BillTime.EndOfDay(from),
                Amount = dollars ?? table.Number("CostInBillingCurrency", "PreTaxCost", "Cost", "ExtendedCost") ?? 0m,
                Currency = dollars is not null ? "USD" : table.Text("BillingCurrencyCode", "BillingCurrency", "Currency") is { Length: > 0 } currency ? currency : "USD",
                Model = isModel ? model ?? string.Join(' ', words.Where(word => !Words.Contains(word))) : "",
                Item = !isUsage ? type.ToLowerInvariant() : isModel ? "" : meter,
                Tier = !isModel ? null : Says("batch", "btch") ? ServiceTiers.Batch : Says("priority", "pp", "prty") ? ServiceTiers.Priority : Says("flex") ? ServiceTiers.Flex : "",
                Project = table.Text("ResourceGroup", "ResourceGroupName"),
                Key = table.Text("ResourceId", "InstanceName") is { Length: > 0 } resource ? resource[(resource.LastIndexOf('/') + 1)..] : "",
                Quantities = kind is { } known && factor > 0m && table.Number("Quantity", "UsageQuantity", "ConsumedQuantity") is { } quantity ? [new(known, (long)(quantity * factor))] : [],
                IsNoUsage = !isUsage,
            },
            table.Place);
    }
}
