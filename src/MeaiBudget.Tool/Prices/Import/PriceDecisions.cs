namespace MeaiBudget.Tool;

/// <summary>Decides disagreements between the sources. Do not change a price by hand; add a decision with its reason here.</summary>
internal static class PriceDecisions
{
    internal const string GenAiPrices = "genai-prices";
    internal const string ModelsDev = "models.dev";
    internal const string BedrockRegions = "From Claude 4.5 on, AWS bills regional and geographic endpoints (us, eu, jp, au) ten percent above global ones.";

    private const string RoundedToACent = "Azure's page rounds to a cent per million; the price at OpenAI, which Azure follows, has the third digit.";
    private const string ResellersPrice = "models.dev has Azure's own list price; genai-prices repeats that of a reseller of the open model.";

    private static readonly Dictionary<string, (string Taken, string Reason)> ByModel = new(StringComparer.OrdinalIgnoreCase)
    {
        ["openai/gpt-4o-2024-05-13"] = (ModelsDev, "The launch snapshot keeps the launch price of 5/15; the cut to 2.50/10 came with gpt-4o-2024-08-06. genai-prices lists it as an alias of gpt-4o."),
        ["anthropic/claude-3-sonnet"] = (GenAiPrices, "Anthropic's rule is a cache write at 1.25 times input, so 3.75; models.dev repeats the price of a cache read."),
        ["anthropic/claude-sonnet-4-5"] = (GenAiPrices, "Anthropic bills prompts of more than 200,000 tokens at the long-context price; models.dev has the price of the short window only."),
        ["openai/gpt-5.5"] = (ModelsDev, "OpenAI bills input above 272,000 tokens at the long-context price, as for gpt-5.4 and gpt-5.6 where both sources have the bracket; genai-prices has none."),
        ["openai/gpt-5.5-pro"] = (ModelsDev, "OpenAI bills input above 272,000 tokens at the long-context price, as for gpt-5.4-pro where both sources have the bracket; genai-prices has none."),
        ["azure/gpt-4"] = (GenAiPrices, "30/60 is the price of the 8k model, at OpenAI as at Azure; 60/120 is that of gpt-4-32k."),
        ["azure/gpt-5.2"] = (GenAiPrices, "A cached token of this family costs a tenth of input, 0.175, as at OpenAI; 0.125 is that of gpt-5.1."),
        ["mistral/mistral-large-latest"] = (ModelsDev, "The alias points to mistral-large-2512 (0.50/1.50), whose price both sources state; genai-prices left it at the model before."),
        ["mistral/mistral-small-latest"] = (ModelsDev, "The alias points to mistral-small-2603 (0.15/0.60), whose price both sources state; genai-prices left it at the model before."),
        ["deepseek/deepseek-chat"] = (ModelsDev, "The alias answers with deepseek-v4-flash, whose price both sources state; genai-prices left it at DeepSeek-V3 with the off-peak discount that has ended."),
        ["deepseek/deepseek-reasoner"] = (ModelsDev, "The alias answers with deepseek-v4-flash, whose price both sources state; genai-prices left it at DeepSeek-R1 with the off-peak discount that has ended."),
        ["groq/openai/gpt-oss-safeguard-20b"] = (ModelsDev, "A model of 20 billion parameters has the price of gpt-oss-20b (0.075/0.30); genai-prices lists it as an alias of gpt-oss-120b."),
        ["xai/grok-4.20-multi-agent"] = (GenAiPrices, "Several agents answer at once, which xAI bills at 2/6; models.dev repeats the price of the single model. The newer and the dearer one is taken."),
        ["azure/gpt-image-1.5"] = (GenAiPrices, "32 is the price of image tokens, which genai-prices states beside that of text."),
        ["azure/o4-mini"] = (ModelsDev, "0.28 is 0.275, the price at OpenAI, rounded to a cent."),
        ["azure/gpt-5"] = (GenAiPrices, RoundedToACent),
        ["azure/gpt-5-chat"] = (GenAiPrices, RoundedToACent),
        ["azure/gpt-5-codex"] = (GenAiPrices, RoundedToACent),
        ["azure/gpt-5-mini"] = (GenAiPrices, RoundedToACent),
        ["azure/gpt-5-nano"] = (GenAiPrices, RoundedToACent),
        ["azure/gpt-3.5-turbo-0613"] = (GenAiPrices, "1.50/2 is the price of the 4k model, at OpenAI as at Azure; 3/4 is that of gpt-3.5-turbo-16k."),
        ["azure/phi-3-medium-128k-instruct"] = (ModelsDev, ResellersPrice),
        ["azure/phi-3-mini-128k-instruct"] = (ModelsDev, ResellersPrice),
        ["azure/phi-4"] = (ModelsDev, ResellersPrice),
        ["azure/phi-4-reasoning-plus"] = (ModelsDev, ResellersPrice),
        ["mistral/ministral-8b"] = (ModelsDev, "Mistral bills input and output of this model alike, 0.10; an output price of 1 is a slip by a factor of ten."),
    };

    /// <summary>Chooses between two prices of one model.</summary>
    /// <param name="key">Provider and id.</param>
    /// <param name="genAiPrices">The price of genai-prices.</param>
    /// <param name="modelsDev">The price of models.dev.</param>
    /// <returns>The chosen source and the reason.</returns>
    internal static (string Taken, string Reason) Decide(string key, ModelPrice genAiPrices, ModelPrice modelsDev)
    {
        if (ByModel.TryGetValue(key, out (string, string) decision))
        {
            return decision;
        }

        if (key.StartsWith("bedrock/", StringComparison.Ordinal) && genAiPrices.InputPerMillion == modelsDev.InputPerMillion * 1.1m)
        {
            return (GenAiPrices, BedrockRegions);
        }

        if (genAiPrices.StandardCard.Brackets.Length == 0 && modelsDev.StandardCard.Brackets.Length > 0)
        {
            return (ModelsDev, "A long-context bracket that one source states is kept: leaving it out would cost too little.");
        }

        if (genAiPrices.StandardCard.Brackets.Length > 0 && modelsDev.StandardCard.Brackets.Length == 0)
        {
            return (GenAiPrices, "A long-context bracket that one source states is kept: leaving it out would cost too little.");
        }

        return (GenAiPrices, "genai-prices was read seven weeks after models.dev, and dates its changes.");
    }
}
