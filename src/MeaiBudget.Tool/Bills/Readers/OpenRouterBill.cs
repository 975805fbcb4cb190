using System.Text.Json;

namespace MeaiBudget.Tool;

/// <summary>Reads OpenRouter's activity by day, and single generations. Amounts are credits, which are US dollars.</summary>
internal static class OpenRouterBill
{
    private const string Provider = "openrouter";

    public static void ReadActivity(JsonElement row, BillSums sums, in BillPlace place)
    {
        DateTimeOffset from = row.Time("date", place)!.Value;
        from = new DateTimeOffset(from.UtcDateTime.Date, TimeSpan.Zero);
        sums.Add(
            new BilledLine
            {
                Provider = Provider,
                From = from,
                To = from.AddDays(1),
                Model = row.TextOf("model"),
                Amount = row.Number("usage", place),
                Requests = row.CountOrNull("requests", place),

                // The completion tokens include reasoning. Cached tokens are not stated apart.
                Quantities = [new(BilledKind.Input, row.Count("prompt_tokens", place)), new(BilledKind.Output, row.Count("completion_tokens", place))],
            },
            place);
    }

    public static void ReadGeneration(JsonElement row, BillSums sums, in BillPlace place)
    {
        DateTimeOffset at = row.Time("created_at", place) ?? throw place.Fault("a generation has no 'created_at'.");
        var from = new DateTimeOffset(at.UtcDateTime.Date, TimeSpan.Zero);
        long cached = row.Count("native_tokens_cached", place);
        sums.Add(
            new BilledLine
            {
                Provider = Provider,
                From = from,
                To = from.AddDays(1),
                Model = row.TextOf("model"),
                Tier = row.MemberOf("service_tier") is null ? null : ServiceTiers.Canonical(row.TextOf("service_tier")) ?? "",
                Amount = row.Number("total_cost", place) ?? row.Number("usage", place),
                Requests = 1,
                Quantities =
                [
                    new(BilledKind.Input, Math.Max(0, row.Count("native_tokens_prompt", place) - cached)), new(BilledKind.CachedInput, cached),
                    new(BilledKind.Output, row.Count("native_tokens_completion", place)),
                ],
            },
            place);
    }
}
