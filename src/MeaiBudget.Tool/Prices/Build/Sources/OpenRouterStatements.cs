using System.Globalization;
using System.Text.Json;
using static MeaiBudget.Tool.StatementReader;

namespace MeaiBudget.Tool;

/// <summary>Reads OpenRouter's list of models: US dollars per token, as texts.</summary>
internal static class OpenRouterStatements
{
    internal static IEnumerable<PriceStatement> Read(SourceDescription source, JsonElement root)
    {
        foreach (JsonProperty model in root.EnumerateObject())
        {
            if (Property(model.Value, "pricing") is { } pricing && Card(model.Name, pricing) is { } price)
            {
                yield return new PriceStatement(source, "openrouter", model.Name, price)
                {
                    Limits = Number(model.Value, "context_length") is > 0m and var window ? new ModelLimits((long)window, null, false) : null,
                };
            }
        }
    }

    private static ModelPrice? Card(string id, JsonElement pricing)
    {
        ModelPrice? price = Price(id, PerMillion(pricing, "prompt"), PerMillion(pricing, "completion"), PerMillion(pricing, "input_cache_read"), PerMillion(pricing, "input_cache_write"), audioIn: PerMillion(pricing, "audio"));
        foreach (JsonElement tier in price is not null && Property(pricing, "overrides") is { ValueKind: JsonValueKind.Array } tiers ? tiers.EnumerateArray() : [])
        {
            if (Card(id, tier) is { } above && Number(tier, "min_prompt_tokens") is > 0m and var threshold)
            {
                price = price!.WithBracket((long)threshold, above);
            }
        }

        return price;
    }

    private static decimal? PerMillion(JsonElement pricing, string name) =>
        Property(pricing, name) is { ValueKind: JsonValueKind.String } text && decimal.TryParse(text.GetString(), NumberStyles.Float, CultureInfo.InvariantCulture, out decimal price)
            ? Math.Round(price * 1_000_000m, 6) : null;
}
