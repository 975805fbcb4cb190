using System.Text.Json;
using static MeaiBudget.Tool.StatementReader;

namespace MeaiBudget.Tool;

/// <summary>Reads pi-ai's list: providers and models, US dollars per million tokens. A zero price of a cache means unknown.</summary>
internal static class PiAiStatements
{
    internal static IEnumerable<PriceStatement> Read(SourceDescription source, JsonElement root)
    {
        foreach (JsonProperty listed in root.EnumerateObject())
        {
            if (!source.Providers.TryGetValue(listed.Name, out string? provider))
            {
                continue;
            }

            foreach (JsonProperty model in listed.Value.EnumerateObject())
            {
                if (Property(model.Value, "cost") is { } cost && Card(model.Name, cost) is { } price)
                {
                    yield return new PriceStatement(source, provider, model.Name, price)
                    {
                        Limits = Number(model.Value, "contextWindow") is > 0m and var window
                            ? new ModelLimits((long)window, (long?)Number(model.Value, "maxTokens"), Property(model.Value, "reasoning") is { ValueKind: JsonValueKind.True })
                            : null,
                    };
                }
            }
        }
    }

    private static ModelPrice? Card(string id, JsonElement cost)
    {
        ModelPrice? price = Price(id, Number(cost, "input"), Number(cost, "output"), Number(cost, "cacheRead"), Number(cost, "cacheWrite"), Number(cost, "cacheWrite1h"));
        foreach (JsonElement tier in price is not null && Property(cost, "tiers") is { ValueKind: JsonValueKind.Array } tiers ? tiers.EnumerateArray() : [])
        {
            if (Card(id, tier) is { } above && Number(tier, "inputTokensAbove") is > 0m and var threshold)
            {
                price = price!.WithBracket((long)threshold, above);
            }
        }

        return price;
    }
}
