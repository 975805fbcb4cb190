using System.Text.Json;
using static MeaiBudget.Tool.StatementReader;

namespace MeaiBudget.Tool;

/// <summary>Reads models.dev's <c>api.json</c>: providers and models, US dollars per million tokens.</summary>
internal static class ModelsDevStatements
{
    internal static IEnumerable<PriceStatement> Read(SourceDescription source, JsonElement root)
    {
        foreach (JsonProperty listed in root.EnumerateObject())
        {
            if (!source.Providers.TryGetValue(listed.Name, out string? provider))
            {
                continue;
            }

            foreach (JsonProperty model in listed.Value.GetProperty("models").EnumerateObject())
            {
                if (Property(model.Value, "cost") is { } cost && Card(model.Name, cost) is { } price)
                {
                    yield return new PriceStatement(source, provider, model.Name, WithModes(model.Name, price, model.Value)) { Limits = Limits(model.Value) };
                }
            }
        }
    }

    private static ModelPrice? Card(string id, JsonElement cost)
    {
        if (Price(id, Number(cost, "input"), Number(cost, "output"), Number(cost, "cache_read"), Number(cost, "cache_write"), audioIn: Number(cost, "input_audio"), audioOut: Number(cost, "output_audio")) is not { } price)
        {
            return null;
        }

        foreach (JsonElement tier in Property(cost, "tiers") is { ValueKind: JsonValueKind.Array } tiers ? tiers.EnumerateArray() : [])
        {
            if (Card(id, tier) is { } above && Property(tier, "tier") is { } size && Number(size, "size") is > 0m and var threshold)
            {
                price = price.WithBracket((long)threshold, above);
            }
        }

        return price;
    }

    private static ModelPrice WithModes(string id, ModelPrice price, JsonElement model)
    {
        if (Property(model, "experimental") is { } experimental && Property(experimental, "modes") is { } modes)
        {
            foreach (JsonProperty mode in modes.EnumerateObject())
            {
                if (Property(mode.Value, "cost") is { } cost && Card(id, cost) is { } tier)
                {
                    price = price.WithServiceTier(mode.Value.GetRawText().Contains("\"priority\"", StringComparison.Ordinal) ? "priority" : mode.Name, tier);
                }
            }
        }

        return price;
    }

    private static ModelLimits? Limits(JsonElement model) => Property(model, "limit") is { } limit && Number(limit, "context") is > 0m and var context
        ? new ModelLimits((long)context, Number(limit, "output") is > 0m and var output ? (long)output : null, Property(model, "reasoning") is { ValueKind: JsonValueKind.True })
        : null;
}
