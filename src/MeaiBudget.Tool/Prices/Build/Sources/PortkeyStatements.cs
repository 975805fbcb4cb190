using System.Text.Json;
using static MeaiBudget.Tool.StatementReader;

namespace MeaiBudget.Tool;

/// <summary>Reads Portkey's prices: cents per token, by provider, with execution modes.</summary>
internal static class PortkeyStatements
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
                if (model.Name == "default" || Property(model.Value, "pricing_config") is not { } config || Card(model.Name, config, "pay_as_you_go") is not { } price)
                {
                    continue;
                }

                if (Card(model.Name, config, "batch_config") is { } batch)
                {
                    price = price.WithServiceTier("batch", batch);
                }

                yield return new PriceStatement(source, provider, model.Name, WithModes(model.Name, price, model.Value));
            }
        }
    }

    private static ModelPrice WithModes(string id, ModelPrice price, JsonElement model)
    {
        if (Property(model, "custom_pricing") is { } custom && Property(custom, "regions") is { } regions && Property(regions, "default") is { } region
            && Property(region, "execution_modes") is { } modes)
        {
            foreach (JsonProperty mode in modes.EnumerateObject())
            {
                if (mode.Name is "flex" or "priority" or "fast" or "batch" && Property(mode.Value, "pricing_config") is { } config && Card(id, config, "pay_as_you_go") is { } card)
                {
                    price = price.WithServiceTier(mode.Name, card);
                }
            }
        }

        return price;
    }

    private static ModelPrice? Card(string id, JsonElement config, string name) => Property(config, name) is { } card
        ? Price(id, Cents(card, "request_token"), Cents(card, "response_token"), Cents(card, "cache_read_input_token"), Cents(card, "cache_write_input_token"))
        : null;

    // A cent per token is ten thousand dollars per million tokens.
    private static decimal? Cents(JsonElement card, string name) =>
        Property(card, name) is { } unit && Property(unit, "price") is { ValueKind: JsonValueKind.Number } price ? Math.Round(price.GetDecimal() * 10_000m, 6) : null;
}
