using System.Text.Json;

namespace MeaiBudget.Tool;

/// <summary>Reads the spend logs and the daily sums of a LiteLLM proxy. They are the proxy's own computation, not a provider's bill.</summary>
internal static class LiteLLMBill
{
    public static void Read(JsonElement row, BillSums sums, in BillPlace place)
    {
        DateTimeOffset at = row.Time("endTime", place) ?? row.Time("startTime", place) ?? throw place.Fault("a log entry has neither 'startTime' nor 'endTime'.");
        var from = new DateTimeOffset(at.UtcDateTime.Date, TimeSpan.Zero);
        JsonElement usage = row.ObjectOf("metadata").ObjectOf("usage_object");
        JsonElement input = usage.ObjectOf("prompt_tokens_details");
        long cached = input.Count("cached_tokens", place) + usage.Count("cache_read_input_tokens", place);
        long written = usage.Count("cache_creation_input_tokens", place);
        sums.Add(LineOf(row, from, 1, cached, written, place), place);
    }

    /// <summary>Reads a row of the tables of a day, such as <c>LiteLLM_DailyUserSpend</c>.</summary>
    public static void ReadDaily(JsonElement row, BillSums sums, in BillPlace place)
    {
        DateTimeOffset from = row.Time("date", place)!.Value;
        from = new DateTimeOffset(from.UtcDateTime.Date, TimeSpan.Zero);
        long cached = row.Count("cache_read_input_tokens", place);
        long written = row.Count("cache_creation_input_tokens", place);
        sums.Add(LineOf(row, from, row.CountOrNull("api_requests", place), cached, written, place), place);
    }

    private static BilledLine LineOf(JsonElement row, DateTimeOffset from, long? requests, long cached, long written, in BillPlace place) => new()
    {
        Provider = "litellm",
        From = from,
        To = from.AddDays(1),
        Model = row.TextOf("model"),
        Amount = row.Number("spend", place) ?? 0m,
        Key = row.TextOf("api_key"),
        Project = row.TextOf("team_id"),
        Requests = requests,
        Quantities =
        [
            new(BilledKind.Input, Math.Max(0, row.Count("prompt_tokens", place) - cached - written)), new(BilledKind.CachedInput, cached), new(BilledKind.CacheWrite, written),
            new(BilledKind.Output, row.Count("completion_tokens", place)),
        ],
    };
}
