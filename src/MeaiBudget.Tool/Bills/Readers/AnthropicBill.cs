using System.Text.Json;

namespace MeaiBudget.Tool;

/// <summary>Reads Anthropic's usage and cost reports: the older ones with buckets, and those of the analytics interface. Amounts are in cents.</summary>
internal static class AnthropicBill
{
    private const string Provider = "anthropic";

    /// <summary>Reads a bucket of <c>usage_report/messages</c> or <c>cost_report</c>.</summary>
    public static void ReadBucket(JsonElement bucket, BillSums sums, in BillPlace bucketPlace)
    {
        DateTimeOffset from = bucket.Time("starting_at", bucketPlace)!.Value;
        DateTimeOffset to = bucket.Time("ending_at", bucketPlace) ?? BillTime.EndOfDay(from);
        sums.Cover(Provider, from, to);
        int result = 0;
        foreach (JsonElement row in bucket.List("results", bucketPlace))
        {
            BillPlace place = bucketPlace with { Result = ++result };
            if (row.MemberOf("amount") is not null)
            {
                sums.Add(OfCost(from, to, row, row, row.Number("amount", place)!.Value, null, row.TextOf("currency")), place);
            }
            else if (row.MemberOf("uncached_input_tokens") is not null || row.MemberOf("output_tokens") is not null)
            {
                sums.Add(OfUsage(from, to, row, row, place), place);
            }
            else
            {
                throw place.Fault("a row has neither 'amount' nor tokens.");
            }
        }
    }

    /// <summary>Reads a row of <c>analytics/usage</c> or <c>analytics/cost</c>.</summary>
    public static void ReadAnalytics(JsonElement row, BillSums sums, in BillPlace place)
    {
        DateTimeOffset from = row.Time("starting_at", place)!.Value;
        DateTimeOffset to = row.Time("ending_at", place) ?? BillTime.EndOfDay(from);
        JsonElement group = row.MemberOf("group") ?? default;
        if (row.MemberOf("usage") is { } usage)
        {
            sums.Add(OfUsage(from, to, group, usage, place), place);
        }
        else
        {
            JsonElement cost = row.MemberOf("cost")!.Value;
            decimal amount = cost.Number("amount", place) ?? throw place.Fault("a cost has no 'amount'.");
            sums.Add(OfCost(from, to, group, row, amount, cost.Number("list_amount", place), cost.TextOf("currency")) with { Requests = cost.CountOrNull("requests", place) }, place);
        }
    }

    private static BilledLine OfUsage(DateTimeOffset from, DateTimeOffset to, JsonElement group, JsonElement usage, in BillPlace place)
    {
        JsonElement writes = usage.MemberOf("cache_creation") ?? default;
        return Line(from, to, group) with
        {
            Requests = usage.CountOrNull("requests", place),
            Quantities =
            [
                new(BilledKind.Input, usage.Count("uncached_input_tokens", place)),
                new(BilledKind.CachedInput, usage.Count("cache_read_input_tokens", place)),
                new(BilledKind.CacheWrite, writes.Count("ephemeral_5m_input_tokens", place) + writes.Count("ephemeral_1h_input_tokens", place)),
                new(BilledKind.Output, usage.Count("output_tokens", place)),
            ],
        };
    }

    private static BilledLine OfCost(DateTimeOffset from, DateTimeOffset to, JsonElement group, JsonElement row, decimal cents, decimal? listCents, string currency)
    {
        string type = group.TextOf("cost_type");
        string item = type is "web_search" or "code_execution" or "session_usage" ? type.Replace('_', ' ')
            : group.TextOf("model").Length > 0 ? "" : row.TextOf("description") is { Length: > 0 } description ? description : "all";
        return Line(from, to, group) with
        {
            Amount = cents / 100m,
            ListAmount = listCents / 100m,
            Currency = currency.Length == 0 ? "USD" : currency.ToUpperInvariant(),
            Item = item,
            IsTool = type is "web_search" or "code_execution" or "session_usage",
        };
    }

    private static BilledLine Line(DateTimeOffset from, DateTimeOffset to, JsonElement group) => new()
    {
        Provider = Provider,
        From = from,
        To = to,
        Model = group.TextOf("model"),
        Tier = group.MemberOf("service_tier") is null ? null : ServiceTiers.Canonical(group.TextOf("service_tier")) ?? "",
        Project = group.TextOf("workspace_id"),
        Key = group.TextOf("api_key_id"),
    };
}
