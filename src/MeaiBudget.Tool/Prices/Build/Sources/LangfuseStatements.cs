using System.Text.Json;
using static MeaiBudget.Tool.StatementReader;

namespace MeaiBudget.Tool;

/// <summary>Reads Langfuse's default prices: US dollars per token, without providers; the maker is known by the beginning of the id.</summary>
internal static class LangfuseStatements
{
    internal static IEnumerable<PriceStatement> Read(SourceDescription source, JsonElement root)
    {
        foreach (JsonElement model in root.EnumerateArray())
        {
            string id = model.GetProperty("modelName").GetString()!;
            if (source.Providers.FirstOrDefault(entry => id.StartsWith(entry.Key, StringComparison.Ordinal)).Value is not { } provider)
            {
                continue;
            }

            ModelPrice? price = null;
            var tiers = new List<(string, ModelPrice)>();
            foreach (JsonElement tier in model.GetProperty("pricingTiers").EnumerateArray())
            {
                JsonElement prices = tier.GetProperty("prices");
                ModelPrice? card = Price(id, PerMillion(prices, "input"), PerMillion(prices, "output"), PerMillion(prices, "input_cached_tokens") ?? PerMillion(prices, "cache_read_input_tokens"), PerMillion(prices, "cache_creation_input_tokens"));
                if (card is null)
                {
                    continue;
                }

                if (tier.GetProperty("isDefault").GetBoolean())
                {
                    price = card;
                }
                else if (tier.GetProperty("name").GetString() is { } name && (name is "Fast mode" or "Flex"))
                {
                    tiers.Add((name == "Flex" ? "flex" : provider == "anthropic" ? "fast" : "priority", card));
                }
            }

            if (price is not null)
            {
                yield return new PriceStatement(source, provider, id, tiers.Aggregate(price, (all, tier) => all.WithServiceTier(tier.Item1, tier.Item2)));
            }
        }
    }

    private static decimal? PerMillion(JsonElement prices, string name) =>
        Property(prices, name) is { ValueKind: JsonValueKind.Number } price ? Math.Round(price.GetDecimal() * 1_000_000m, 6) : null;
}
