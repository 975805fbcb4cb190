using System.IO.Compression;
using System.Text.Json;

namespace MeaiBudget.Tests;

public class RecordedExchangeCostTests
{
    [Fact]
    public void EverySuccessfulExchangeHasACostOrAReasonWhyNot()
    {
        string? shared = Environment.GetEnvironmentVariable("MEAIBUDGET_SHARED");
        Assert.SkipWhen(shared is null, "Set MEAIBUDGET_SHARED to the folder of the shared material to price its recorded exchanges.");

        var counts = new SortedDictionary<string, int>(StringComparer.Ordinal);
        var without = new SortedDictionary<string, int>(StringComparer.Ordinal);
        foreach (JsonElement row in Rows(Path.Combine(shared, "exchanges", "exchanges.jsonl.gz")))
        {
            if (Text(row, "api") is not { } api || api.Contains("count_tokens", StringComparison.Ordinal) || api.Contains("input_tokens", StringComparison.Ordinal)
                || Number(row, "http_status") is not 200 || (Text(row, "model_reported") ?? Text(row, "model_requested")) is not { } model
                || !row.TryGetProperty("usage_norm", out JsonElement norm) || norm.ValueKind != JsonValueKind.Object)
            {
                continue;
            }

            string provider = ProviderOf(api, Text(row, "host") ?? "");
            BillableUsage usage = UsageOf(norm, row.TryGetProperty("usage", out JsonElement raw) ? raw : default);
            PriceResolution route = PriceCatalog.Default.ResolveRoute(model, provider, Uri.TryCreate("http://" + Text(row, "host"), UriKind.Absolute, out Uri? endpoint) ? endpoint : null);
            PriceResolution price = route.Match == PriceMatch.Free ? route : PriceCatalog.Default.ResolveResponse(Text(row, "model_requested") ?? model, model, provider);
            Cost cost = price.CostOf(usage);
            Assert.True(cost.NanoDollars >= 0);
            Assert.True(cost.Kind != CostKind.Unknown || price.AdviceFor(model) is not null, $"{model}: neither a cost nor a reason");
            if (cost is { NanoDollars: 0, Kind: not CostKind.Unknown })
            {
                Assert.True(price.Price!.IsFree || cost.Flags != CostFlags.None || usage.IsEmpty, $"{api} {model}: silently zero ({price.Match}, {usage})");
            }

            if (price.Price is { } known)
            {
                CostBreakdown breakdown = known.Explain(usage, price.Match);
                Assert.Equal(cost, breakdown.Cost);
                Assert.Equal(cost.Amount, breakdown.Lines.Sum(line => line.Amount));
                Assert.All(breakdown.Lines, line => Assert.True(line.Amount >= 0));
            }
            else if (cost.Kind == CostKind.Unknown)
            {
                without[$"{provider} {model}"] = without.GetValueOrDefault($"{provider} {model}") + 1;
            }

            Count(counts, "rows");
            Count(counts, cost.Kind.ToString());
            Count(counts, "match " + price.Match);
        }

        Assert.True(counts["rows"] > 1_500, "The recorded exchanges were not read.");
        foreach ((string name, int count) in counts.Concat(without.OrderByDescending(pair => pair.Value).Select(pair => KeyValuePair.Create("no price: " + pair.Key, pair.Value))))
        {
            TestContext.Current.TestOutputHelper?.WriteLine($"{count,6} {name}");
        }
    }

    private static void Count(SortedDictionary<string, int> counts, string name) => counts[name] = counts.GetValueOrDefault(name) + 1;

    private static IEnumerable<JsonElement> Rows(string path)
    {
        using var reader = new StreamReader(new GZipStream(File.OpenRead(path), CompressionMode.Decompress));
        while (reader.ReadLine() is { } line)
        {
            using var document = JsonDocument.Parse(line);
            yield return document.RootElement;
        }
    }

    private static BillableUsage UsageOf(JsonElement norm, JsonElement raw)
    {
        long writes = Number(norm, "cache_write") ?? 0;
        long oneHour = Number(Child(raw, "cache_creation"), "ephemeral_1h_input_tokens") ?? 0;
        return new BillableUsage
        {
            InputTokens = Number(norm, "input_total") ?? 0,
            CachedInputTokens = Number(norm, "cache_read") ?? 0,
            CacheWriteTokens = Math.Max(0, writes - oneHour),
            CacheWriteOneHourTokens = oneHour,
            OutputTokens = Number(norm, "output") ?? 0,
            ReasoningTokens = Number(norm, "reasoning") ?? 0,
            WebSearches = Number(Child(raw, "server_tool_use"), "web_search_requests") ?? 0,
            ServiceTier = Text(raw, "service_tier") ?? Text(raw, "serviceTier"),
            ProviderStatedCost = raw.ValueKind == JsonValueKind.Object && raw.TryGetProperty("cost", out JsonElement cost) && cost.ValueKind == JsonValueKind.Number ? cost.GetDecimal() : null,
        };
    }

    private static string ProviderOf(string api, string host) => host switch
    {
        "api.openai.com" => "openai",
        "api.anthropic.com" => "anthropic",
        "api.mistral.ai" => "mistral",
        "api.deepseek.com" => "deepseek",
        "api.x.ai" => "xai",
        "api.groq.com" => "groq",
        "openrouter.ai" => "openrouter",
        _ when host.EndsWith("googleapis.com", StringComparison.Ordinal) => "gcp.vertex_ai",
        _ when api.StartsWith("azure", StringComparison.Ordinal) => "azure.ai.openai",
        _ when host.StartsWith("bedrock", StringComparison.Ordinal) => "aws.bedrock",
        _ when api.StartsWith("ollama", StringComparison.Ordinal) || host.EndsWith(":11434", StringComparison.Ordinal) || host.Contains("ollama", StringComparison.Ordinal) => "ollama",
        "mytestingproxy.local" => "litellm",
        _ => host,
    };

    private static JsonElement Child(JsonElement value, string name) => value.ValueKind == JsonValueKind.Object && value.TryGetProperty(name, out JsonElement child) ? child : default;

    private static string? Text(JsonElement value, string name) => Child(value, name) is { ValueKind: JsonValueKind.String } text ? text.GetString() : null;

    private static long? Number(JsonElement value, string name) => Child(value, name) is { ValueKind: JsonValueKind.Number } number && number.TryGetInt64(out long count) ? count : null;
}
