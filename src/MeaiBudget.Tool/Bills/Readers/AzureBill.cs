namespace MeaiBudget.Tool;

/// <summary>Reads the lines of model services of Azure's cost details, with the names of columns of both kinds of agreement.</summary>
internal static class AzureBill
{
    public static void ReadRow(BillTable table, BillSums sums, BillItems items)
    {
        string service = string.Join(' ', table.Text("MeterCategory"), table.Text("MeterSubCategory"), table.Text("ProductName", "Product"), table.Text("ConsumedService"));
        string meter = table.Text("MeterName");
        if (!service.Contains("OpenAI", StringComparison.OrdinalIgnoreCase) && !service.Contains("Foundry", StringComparison.OrdinalIgnoreCase) && !service.Contains("Cognitive", StringComparison.OrdinalIgnoreCase))
        {
            return;
        }

        DateTimeOffset from = table.MonthFirstTime("Date", "UsageDate", "UsageDateTime");
        var named = BilledMeter.Of(meter);
        string type = table.Text("ChargeType");
        bool isUsage = type.Length == 0 || type.Equals("Usage", StringComparison.OrdinalIgnoreCase);
        string? model = items.ModelOf(table.Text("MeterId")) ?? items.ModelOf(meter);
        decimal? dollars = table.Number("CostInUsd", "CostInUSD");
        decimal factor = BillUnit.TokensOf(table.Text("UnitOfMeasure"), 0m);
        bool isModel = named.Kind is not null || model is not null;
        sums.Add(
            new BilledLine
            {
                Provider = "azure",
                From = from,
                To = BillTime.EndOfDay(from),
                Amount = dollars ?? table.Number("CostInBillingCurrency", "PreTaxCost", "Cost", "ExtendedCost") ?? 0m,
                Currency = dollars is not null ? "USD" : table.Text("BillingCurrencyCode", "BillingCurrency", "Currency") is { Length: > 0 } currency ? currency : "USD",
                Model = isModel ? model ?? named.Model : "",
                Item = !isUsage ? type.ToLowerInvariant() : isModel ? "" : meter,
                Tier = isModel ? named.Tier : null,
                Project = table.Text("ResourceGroup", "ResourceGroupName"),
                Key = table.Text("ResourceId", "InstanceName") is { Length: > 0 } resource ? resource[(resource.LastIndexOf('/') + 1)..] : "",
                Quantities = named.Kind is { } known && factor > 0m && table.Number("Quantity", "UsageQuantity", "ConsumedQuantity") is { } quantity ? [new(known, (long)(quantity * factor))] : [],
                IsNoUsage = !isUsage,
            },
            table.Place);
    }
}
