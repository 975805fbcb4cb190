using System.Globalization;
using System.Text.Json.Nodes;

namespace MeaiBudget.Testing;

/// <summary>Answers the usage and cost interfaces of OpenAI and Anthropic from what the simulator billed, at the prices of a catalog.</summary>
internal sealed class SimulatedBills(IReadOnlyList<SimulatedRequest> requests, PriceCatalog prices, SimulatedRequest asked)
{
    private readonly Dictionary<string, List<string>> _query = Parse(asked.Path);

    public JsonNode OpenAIUsage() => OpenAIPage(31, day =>
        [.. Billed(SimulatedProvider.OpenAI, day).GroupBy(one => (Model: Grouped("model") ? one.Model : null, Tier: Grouped("service_tier") ? one.Tier ?? "default" : null)).Select(same => new JsonObject
        {
            ["object"] = "organization.usage.completions.result",
            ["input_tokens"] = same.Sum(one => one.Usage.InputTokens),
            ["input_cached_tokens"] = same.Sum(one => one.Usage.CachedInputTokens),
            ["input_cache_write_tokens"] = same.Sum(one => one.Usage.CacheWriteTokens + one.Usage.CacheWriteOneHourTokens),
            ["output_tokens"] = same.Sum(one => one.Usage.OutputTokens),
            ["num_model_requests"] = same.Count(),
            ["project_id"] = Grouped("project_id") ? "proj_simulator" : null,
            ["user_id"] = null,
            ["api_key_id"] = Grouped("api_key_id") ? "key_simulator" : null,
            ["model"] = same.Key.Model,
            ["batch"] = null,
            ["service_tier"] = same.Key.Tier,
        })]);

    public JsonNode OpenAICosts() => OpenAIPage(180, day =>
        [.. Billed(SimulatedProvider.OpenAI, day).SelectMany(Lines).GroupBy(line => Grouped("line_item") ? $"{line.Model}, {line.Kind}" : null).Select(same => new JsonObject
        {
            ["object"] = "organization.costs.result",
            ["amount"] = new JsonObject { ["value"] = same.Sum(line => line.Amount), ["currency"] = "usd" },
            ["line_item"] = same.Key,
            ["project_id"] = Grouped("project_id") ? "proj_simulator" : null,
            ["api_key_id"] = Grouped("api_key_id") ? "key_simulator" : null,
            ["quantity"] = same.Key is null ? null : same.Sum(line => line.Tokens),
            ["quantity_unit"] = same.Key is null ? null : "tokens",
        })]);

    public JsonNode AnthropicUsage() => AnthropicPage(day =>
        [.. Billed(SimulatedProvider.Anthropic, day).GroupBy(one => (Model: Grouped("model") ? one.Model : null, Tier: Grouped("service_tier") ? one.Tier ?? "standard" : null)).Select(same => new JsonObject
        {
            ["uncached_input_tokens"] = same.Sum(one => one.Usage.InputTokens - one.Usage.CachedInputTokens - one.Usage.CacheWriteTokens - one.Usage.CacheWriteOneHourTokens),
            ["cache_creation"] = new JsonObject
            {
                ["ephemeral_5m_input_tokens"] = same.Sum(one => one.Usage.CacheWriteTokens),
                ["ephemeral_1h_input_tokens"] = same.Sum(one => one.Usage.CacheWriteOneHourTokens),
            },
            ["cache_read_input_tokens"] = same.Sum(one => one.Usage.CachedInputTokens),
            ["output_tokens"] = same.Sum(one => one.Usage.OutputTokens),
            ["server_tool_use"] = new JsonObject { ["web_search_requests"] = 0 },
            ["api_key_id"] = null,
            ["workspace_id"] = null,
            ["model"] = same.Key.Model,
            ["service_tier"] = same.Key.Tier,
            ["context_window"] = null,
            ["inference_geo"] = null,
        })]);

    public JsonNode AnthropicCosts() => AnthropicPage(day =>
        [.. Billed(SimulatedProvider.Anthropic, day).SelectMany(Lines).GroupBy(line => Grouped("description") ? (line.Model, line.Kind, line.Tier) : (null, null, null)).Select(same => new JsonObject
        {
            ["amount"] = (same.Sum(line => line.Amount) * 100m).ToString(CultureInfo.InvariantCulture),
            ["currency"] = "USD",
            ["cost_type"] = same.Key.Model is null ? null : "tokens",
            ["description"] = same.Key.Model is null ? null : $"{same.Key.Model} Usage - {same.Key.Kind}",
            ["model"] = same.Key.Model,
            ["token_type"] = same.Key.Kind switch { null => null, "input" => "uncached_input_tokens", "cached input" => "cache_read_input_tokens", "cache writes" => "cache_creation.ephemeral_5m_input_tokens", _ => "output_tokens" },
            ["service_tier"] = same.Key.Model is null ? null : same.Key.Tier ?? "standard",
            ["workspace_id"] = null,
            ["context_window"] = null,
            ["inference_geo"] = null,
        })]);

    private JsonObject OpenAIPage(int most, Func<DateTimeOffset, JsonNode?[]> rows)
    {
        var from = DateTimeOffset.FromUnixTimeSeconds(Number("start_time") ?? 0);
        DateTimeOffset to = Number("end_time") is { } end ? DateTimeOffset.FromUnixTimeSeconds(end) : asked.ReceivedAt;
        (List<DateTimeOffset> days, string? next) = Days(from, to, most);
        return new JsonObject
        {
            ["object"] = "page",
            ["data"] = new JsonArray([.. days.Select(day => new JsonObject
            {
                ["object"] = "bucket",
                ["start_time"] = day.ToUnixTimeSeconds(),
                ["end_time"] = day.AddDays(1).ToUnixTimeSeconds(),
                ["results"] = new JsonArray(rows(day)),
            })]),
            ["has_more"] = next is not null,
            ["next_page"] = next,
        };
    }

    private JsonObject AnthropicPage(Func<DateTimeOffset, JsonNode?[]> rows)
    {
        (List<DateTimeOffset> days, string? next) = Days(Time("starting_at") ?? DateTimeOffset.UnixEpoch, Time("ending_at") ?? asked.ReceivedAt, 31);
        return new JsonObject
        {
            ["data"] = new JsonArray([.. days.Select(day => new JsonObject
            {
                ["starting_at"] = day.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture),
                ["ending_at"] = day.AddDays(1).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture),
                ["results"] = new JsonArray(rows(day)),
            })]),
            ["has_more"] = next is not null,
            ["next_page"] = next,
        };
    }

    /// <summary>Returns the days of a page, and the name of the next page.</summary>
    private (List<DateTimeOffset> Days, string? Next) Days(DateTimeOffset from, DateTimeOffset to, int most)
    {
        int skip = First("page") is { } page && int.TryParse(page["page_".Length..], CultureInfo.InvariantCulture, out int after) ? after : 0;
        int limit = (int)Math.Clamp(Number("limit") ?? 7, 1, most);
        List<DateTimeOffset> days = [];
        var day = new DateTimeOffset(from.UtcDateTime.Date, TimeSpan.Zero);
        for (int i = 0; day < to && days.Count < limit; i++, day = day.AddDays(1))
        {
            if (i >= skip)
            {
                days.Add(day);
            }
        }

        return (days, day < to ? string.Create(CultureInfo.InvariantCulture, $"page_{skip + days.Count}") : null);
    }

    private IEnumerable<BilledRequest> Billed(SimulatedProvider provider, DateTimeOffset day) => requests
        .Where(request => request.Provider == provider && request.ReceivedAt >= day && request.ReceivedAt < day.AddDays(1) && request.Billed != SimulatedUsage.None)
        .Select(request => new BilledRequest(request.AnsweredModel ?? request.Model ?? "", request.ServiceTier, request.ReceivedAt, provider, request.Billed));

    /// <summary>Divides the cost of a request into kinds of tokens, which add up to it.</summary>
    private IEnumerable<BilledCost> Lines(BilledRequest request)
    {
        SimulatedUsage usage = request.Usage;
        ModelPrice? price = prices.Resolve(request.Model, request.Provider == SimulatedProvider.OpenAI ? "openai" : "anthropic", request.At).Price;
        var rest = new BillableUsage
        {
            InputTokens = usage.InputTokens,
            OutputTokens = usage.OutputTokens,
            CachedInputTokens = usage.CachedInputTokens,
            CacheWriteTokens = usage.CacheWriteTokens,
            CacheWriteOneHourTokens = usage.CacheWriteOneHourTokens,
            ReasoningTokens = usage.ReasoningTokens,
            ServiceTier = request.Tier,
        };
        decimal Of(BillableUsage one) => price?.CostOf(one).Amount ?? 0m;
        long written = usage.CacheWriteTokens + usage.CacheWriteOneHourTokens;
        (string Kind, long Tokens, BillableUsage Without)[] steps =
        [
            ("output", usage.OutputTokens, rest with { OutputTokens = 0, ReasoningTokens = 0 }),
            ("cached input", usage.CachedInputTokens, rest with { OutputTokens = 0, ReasoningTokens = 0, InputTokens = usage.InputTokens - usage.CachedInputTokens, CachedInputTokens = 0 }),
            ("cache writes", written, rest with { OutputTokens = 0, ReasoningTokens = 0, InputTokens = usage.InputTokens - usage.CachedInputTokens - written, CachedInputTokens = 0, CacheWriteTokens = 0, CacheWriteOneHourTokens = 0 }),
        ];
        foreach ((string kind, long tokens, BillableUsage without) in steps)
        {
            if (tokens > 0)
            {
                yield return new BilledCost(request.Model, kind, request.Tier, tokens, Of(rest) - Of(without));
            }

            rest = without;
        }

        yield return new BilledCost(request.Model, "input", request.Tier, rest.InputTokens, Of(rest));
    }

    private bool Grouped(string name) => _query.TryGetValue("group_by[]", out List<string>? names) && names.Contains(name);

    private string? First(string name) => _query.TryGetValue(name, out List<string>? values) ? values[0] : null;

    private long? Number(string name) => long.TryParse(First(name), NumberStyles.Integer, CultureInfo.InvariantCulture, out long number) ? number : null;

    private DateTimeOffset? Time(string name) =>
        DateTimeOffset.TryParse(First(name), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out DateTimeOffset time) ? time : null;

    private static Dictionary<string, List<string>> Parse(string path)
    {
        var query = new Dictionary<string, List<string>>(StringComparer.Ordinal);
        foreach (string part in path.Split('?') is [_, var text] ? text.Split('&') : [])
        {
            string[] pair = part.Split('=', 2);
            string name = Uri.UnescapeDataString(pair[0]);
            (query.TryGetValue(name, out List<string>? values) ? values : query[name] = []).Add(pair.Length == 2 ? Uri.UnescapeDataString(pair[1]) : "");
        }

        return query;
    }

    private sealed record BilledRequest(string Model, string? Tier, DateTimeOffset At, SimulatedProvider Provider, SimulatedUsage Usage);

    private sealed record BilledCost(string Model, string Kind, string? Tier, long Tokens, decimal Amount);
}
