namespace MeaiBudget.Tests;

/// <summary>The models of the provider that bills, with what a token of each costs in nano-dollars.</summary>
internal static class BillingModels
{
    /// <summary>The most that any of the models answers.</summary>
    public const int MaxOutput = 2_000;

    private static readonly Dictionary<string, (long Input, long Output)> Prices = new(StringComparer.Ordinal)
    {
        ["gpt-4.1-mini"] = (400, 1_600),
        ["gpt-4.1"] = (2_000, 8_000),
        ["claude-haiku-4-5"] = (1_000, 5_000),
        ["claude-sonnet-4-5"] = (3_000, 15_000),
        ["llama3.2"] = (200, 300),
        ["qwen3"] = (500, 700),
    };

    public static PriceCatalog Catalog { get; } = Prices.Aggregate(PriceCatalog.Empty, (catalog, model) => catalog.With(
        model.Key,
        Price(model.Value, 2, 2).WithServiceTier("priority", Price(model.Value, 4, 2)).WithServiceTier("flex", Price(model.Value, 1, 2)),
        new ModelLimits(100_000, MaxOutput, IsReasoning: false)));

    public static string Of(WireSdk sdk, bool isDear) => (sdk, isDear) switch
    {
        (WireSdk.Chat or WireSdk.Responses, false) => "gpt-4.1-mini",
        (WireSdk.Chat or WireSdk.Responses, true) => "gpt-4.1",
        (WireSdk.Anthropic, false) => "claude-haiku-4-5",
        (WireSdk.Anthropic, true) => "claude-sonnet-4-5",
        (_, false) => "llama3.2",
        _ => "qwen3",
    };

    /// <summary>What a provider asks for an answer, in nano-dollars.</summary>
    public static long Bill(string model, string? tier, long input, long output)
    {
        (long inputPrice, long outputPrice) = Prices[model];
        long sum = (input * inputPrice) + (output * outputPrice);
        return tier switch
        {
            "priority" => sum * 2,
            "flex" => sum / 2,
            _ => sum,
        };
    }

    private static ModelPrice Price((long Input, long Output) nano, int times, int per) =>
        ModelPrice.PerMillionTokens(nano.Input * times / per / 1_000m, nano.Output * times / per / 1_000m);
}
