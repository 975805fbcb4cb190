using System.Text.Json;

namespace MeaiBudget.Tool;

/// <summary>The data of models.dev: providers and models, US dollars per million tokens, limits. A model inherits missing values from its base model.</summary>
internal sealed class ModelsDevFile
{
    private readonly JsonElement _root;

    private ModelsDevFile(JsonElement root) => _root = root;

    internal static ModelsDevFile Load(string path) => new(JsonDocument.Parse(File.ReadAllBytes(path)).RootElement);

    /// <summary>Returns the models of a provider that output text or embeddings and have a price.</summary>
    internal Dictionary<string, ModelsDevModel> ModelsOf(string provider)
    {
        var models = new Dictionary<string, ModelsDevModel>(StringComparer.OrdinalIgnoreCase);
        if (!_root.GetProperty("providers").TryGetProperty(provider, out JsonElement list))
        {
            return models;
        }

        foreach (JsonProperty entry in list.EnumerateObject())
        {
            bool embeds = PriceImport.IsEmbedding(entry.Name);
            if (Property(entry.Value, "cost") is not { } cost || ReadPrice(cost, embeds) is not { } price || !(embeds || WritesText(entry.Value)))
            {
                continue;
            }

            // The output of an embedding model is stated in dimensions, not in tokens.
            ModelLimits? limits = ReadLimits(entry.Value);
            models.Add(entry.Name, new ModelsDevModel(entry.Name, WithModes(price, entry.Value), embeds ? limits! with { MaxOutputTokens = null } : limits));
        }

        return models;
    }

    private static JsonElement? Property(JsonElement value, string name) =>
        value.ValueKind == JsonValueKind.Object && value.TryGetProperty(name, out JsonElement property) && property.ValueKind != JsonValueKind.Null ? property : null;

    // The numbers of the file were converted through binary floating point: 0.049999999999999996 is 0.05.
    private static decimal? Number(JsonElement value, string name) =>
        Property(value, name) is { } number ? Math.Round(number.GetDecimal(), 6) : null;

    private static ModelPrice? ReadPrice(JsonElement cost, bool hasNoOutput = false)
    {
        if (ReadRates(cost, hasNoOutput) is not { } price)
        {
            return null;
        }

        foreach (JsonElement tier in Property(cost, "tiers") is { } tiers ? tiers.EnumerateArray() : [])
        {
            if (ReadRates(tier, hasNoOutput) is { } rates)
            {
                price = price.WithBracket(tier.GetProperty("tier").GetProperty("size").GetInt64(), rates);
            }
        }

        return price;
    }

    private static ModelPrice? ReadRates(JsonElement cost, bool hasNoOutput)
    {
        // A chat model without an output price is incomplete: Azure's model-router only states its surcharge.
        if (Number(cost, "input") is not { } input || Number(cost, "output") is not { } output || (output == 0m && !hasNoOutput))
        {
            return null;
        }

        // If a model without output reports output, it is billed like input.
        output = output == 0m ? input : output;

        // If input has a price, a zero price for the cache is a gap in the file.
        return ModelPrice.PerMillionTokens(input, output, cachedInput: Positive(Number(cost, "cache_read")), cacheWrite: Positive(Number(cost, "cache_write")), inputAudio: Positive(Number(cost, "input_audio")));
    }

    private static decimal? Positive(decimal? price) => price > 0m ? price : null;

    /// <summary>Adds modes as service tiers: OpenAI's priority, Anthropic's fast.</summary>
    private static ModelPrice WithModes(ModelPrice price, JsonElement model)
    {
        if (Property(model, "experimental") is { } experimental && Property(experimental, "modes") is { } modes)
        {
            foreach (JsonProperty mode in modes.EnumerateObject())
            {
                if (Property(mode.Value, "cost") is { } cost && ReadPrice(cost) is { } tier)
                {
                    bool isPriority = mode.Value.GetRawText().Contains("\"priority\"", StringComparison.Ordinal);
                    price = price.WithServiceTier(isPriority ? "priority" : mode.Name, tier);
                }
            }
        }

        return price;
    }

    private bool WritesText(JsonElement model)
    {
        JsonElement? output = Inherited(model, "modalities") is { } modalities ? Property(modalities, "output") : null;
        return output is null || output.Value.EnumerateArray().Any(kind => kind.GetString() == "text");
    }

    private ModelLimits? ReadLimits(JsonElement model)
    {
        if (Inherited(model, "limit") is not { } limit)
        {
            return null;
        }

        long? context = (long?)Number(limit, "context");
        long? output = (long?)Number(limit, "output");
        return context > 0 ? new ModelLimits(context, output > 0 ? output : null, Inherited(model, "reasoning") is { ValueKind: JsonValueKind.True }) : null;
    }

    private JsonElement? Inherited(JsonElement model, string name)
    {
        if (Property(model, name) is { } own)
        {
            return own;
        }

        string[] path = Property(model, "base_model")?.GetString()?.Split('/', 2) ?? [];
        return path.Length == 2 && Property(_root.GetProperty("models"), path[0]) is { } maker && Property(maker, path[1]) is { } parent ? Property(parent, name) : null;
    }
}
