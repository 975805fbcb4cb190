using System.Text.Json;
using static MeaiBudget.Tool.StatementReader;

namespace MeaiBudget.Tool;

/// <summary>Reads llm-prices' history by vendor: US dollars per million tokens. Only the price in force is taken.</summary>
internal static class LlmPricesStatements
{
    internal static IEnumerable<PriceStatement> Read(SourceDescription source, JsonElement root)
    {
        foreach (JsonProperty vendor in root.EnumerateObject())
        {
            if (!source.Providers.TryGetValue(vendor.Name, out string? provider))
            {
                continue;
            }

            foreach (JsonElement model in vendor.Value.EnumerateArray())
            {
                string id = model.GetProperty("id").GetString()!;
                foreach (JsonElement price in model.GetProperty("price_history").EnumerateArray())
                {
                    if (Property(price, "to_date") is null && Price(id, Number(price, "input"), Number(price, "output"), Number(price, "input_cached")) is { } card)
                    {
                        yield return new PriceStatement(source, provider, id, card);
                    }
                }
            }
        }
    }
}
