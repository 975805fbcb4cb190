using System.Diagnostics.CodeAnalysis;

namespace MeaiBudget.Tool;

/// <summary>Reads rows of FOCUS, versions 1.0 to 1.4, of services for models. Rows of other services are left out.</summary>
internal static class FocusBill
{
    public static void ReadRow(BillTable table, BillSums sums, BillItems items)
    {
        string category = table.Text("ServiceCategory");
        if (category.Length > 0 && !category.Equals("AI and Machine Learning", StringComparison.OrdinalIgnoreCase))
        {
            return;
        }

        DateTimeOffset from = table.Time("ChargePeriodStart");
        string charge = table.Text("ChargeCategory");
        bool isUsage = charge.Length == 0 || charge.Equals("Usage", StringComparison.OrdinalIgnoreCase);
        string sku = table.Text("SkuId");
        string meter = string.Join(' ', table.Text("x_TokenType"), table.Text("SkuMeter")).Trim();
        string description = table.Text("ChargeDescription");

        // Clouds write their own names of meters into SkuMeter, and ids that are no models' into SkuId.
        var named = BilledMeter.Of(meter.Length > 0 ? meter : description);
        BilledKind? kind = KindOf(meter.Length > 0 ? meter : description) ?? named.Kind;
        bool isTool = kind is null && meter.Contains("search", StringComparison.OrdinalIgnoreCase);
        string model = items.ModelOf(sku) ?? items.ModelOf(table.Text("SkuPriceId")) ?? items.ModelOf(description)
            ?? (table.Text("x_Model") is { Length: > 0 } own ? own
                : kind is null ? ""
                : IsProviderAndModel(sku, out string? skuModel) ? skuModel
                : description.LastIndexOf(',') is > 0 and var comma && KindOf(description[comma..]) is not null ? description[..comma].Trim()
                : named.Model.Length > 0 ? named.Model
                : BilledMeter.Of(description) is { Kind: not null, Model.Length: > 0 } described ? described.Model : sku);
        decimal factor = BillUnit.TokensOf(table.Text("ConsumedUnit"), 1m);
        sums.Add(
            new BilledLine
            {
                Provider = ProviderOf(table.Text("ProviderName", "ServiceProviderName"), table.Text("ServiceName")),
                From = from,
                To = table.Text("ChargePeriodEnd").Length > 0 ? table.Time("ChargePeriodEnd") : BillTime.EndOfDay(from),
                Amount = table.Number("BilledCost") ?? 0m,
                ListAmount = isUsage ? table.Number("ListCost") : null,
                Currency = table.Text("BillingCurrency") is { Length: > 0 } currency ? currency : "USD",
                Model = isUsage && !isTool ? model : "",
                Item = !isUsage ? charge.ToLowerInvariant() : isTool ? "web search" : model.Length == 0 ? (description.Length > 0 ? description : sku) : "",
                Tier = table.Has("x_ServiceTier") ? ServiceTiers.Canonical(table.Text("x_ServiceTier")) ?? "" : isUsage && named.Tier.Length > 0 ? named.Tier : null,
                Project = table.Text("SubAccountId"),
                Quantities = kind is { } known && factor > 0m && table.Number("ConsumedQuantity") is { } quantity ? [new(known, (long)(quantity * factor))] : [],
                IsNoUsage = !isUsage,
                IsTool = isTool,
            },
            table.Place);
    }

    /// <summary>Returns whether an id is that of a provider and a model, as <c>openai/gpt-4o</c>, and not a cloud's own, as <c>DZH318Z0BQPS/00TG</c>.</summary>
    private static bool IsProviderAndModel(string sku, [NotNullWhen(true)] out string? model)
    {
        int slash = sku.IndexOf('/', StringComparison.Ordinal);
        bool isProvider = slash > 0 && sku.AsSpan(0, slash).IndexOfAnyInRange('A', 'Z') < 0;
        model = isProvider ? sku[(slash + 1)..] : null;
        return isProvider;
    }

    private static BilledKind? KindOf(string text) =>
        text.Contains("cache", StringComparison.OrdinalIgnoreCase)
            ? text.Contains("writ", StringComparison.OrdinalIgnoreCase) || text.Contains("creation", StringComparison.OrdinalIgnoreCase) ? BilledKind.CacheWrite : BilledKind.CachedInput
            : text.Contains("output", StringComparison.OrdinalIgnoreCase) || text.Contains("completion", StringComparison.OrdinalIgnoreCase) ? BilledKind.Output
            : text.Contains("input", StringComparison.OrdinalIgnoreCase) || text.Contains("prompt", StringComparison.OrdinalIgnoreCase) ? BilledKind.Input
            : null;

    private static string ProviderOf(string name, string service) => name.ToLowerInvariant() switch
    {
        "microsoft" or "azure" or "microsoft azure" => "azure",
        "aws" or "amazon" or "amazon web services" => ProviderNames.Bedrock,
        "google cloud" or "google" or "gcp" => service.Contains("Gemini API", StringComparison.OrdinalIgnoreCase) ? ProviderNames.Google : ProviderNames.Vertex,
        _ => ProviderNames.Canonical(name.Length > 0 ? name : service) ?? "unknown",
    };
}
