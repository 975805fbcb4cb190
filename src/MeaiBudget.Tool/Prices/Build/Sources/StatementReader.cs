using System.IO.Compression;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace MeaiBudget.Tool;

/// <summary>Reads the statements of a source's file, packed or not.</summary>
internal static partial class StatementReader
{
    internal static IReadOnlyList<PriceStatement> Read(SourceDescription source, string path)
    {
        byte[] file = Unpacked(path);
        try
        {
            return [.. source.Format switch
            {
                "genai-prices" or "litellm" => OfCatalog(source, PriceCatalog.Load(new MemoryStream(file), path), source.Format == "litellm"),
                "models.dev" => ModelsDevStatements.Read(source, Json(file)),
                "pi-ai" => PiAiStatements.Read(source, Json(file)),
                "portkey" => PortkeyStatements.Read(source, Json(file)),
                "openrouter" => OpenRouterStatements.Read(source, Json(file)),
                "langfuse" => LangfuseStatements.Read(source, Json(file)),
                "llm-prices" => LlmPricesStatements.Read(source, Json(file)),
                _ => throw new PriceCatalogException(path, null, $"The decision list names the format '{source.Format}', which is unknown.", null),
            }];
        }
        catch (Exception exception) when (exception is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new PriceCatalogException(path, null, $"It is not in the format '{source.Format}': {exception.Message}", exception);
        }
    }

    /// <summary>Returns a price from dollars per million tokens; null if it says nothing, as zero for everything does in these files.</summary>
    internal static ModelPrice? Price(string id, decimal? input, decimal? output, decimal? cached = null, decimal? write = null, decimal? writeOneHour = null, decimal? audioIn = null, decimal? audioOut = null)
    {
        bool embeds = MediaIds.HasNoOutput(id);
        if (input is not { } known || (output is null && !embeds) || (known == 0m && output is null or 0m) || known < 0m || output < 0m)
        {
            return null;
        }

        return ModelPrice.PerMillionTokens(known, embeds ? 0m : output!.Value, Positive(cached), Positive(write), Positive(writeOneHour), inputAudio: Positive(audioIn), outputAudio: Positive(audioOut));
    }

    // Numbers of these files were converted through binary floating point: 0.049999999999999996 is 0.05.
    internal static decimal? Number(JsonElement value, string name) =>
        value.ValueKind == JsonValueKind.Object && value.TryGetProperty(name, out JsonElement number) && number.ValueKind == JsonValueKind.Number ? Math.Round(number.GetDecimal(), 7) : null;

    internal static JsonElement? Property(JsonElement value, string name) =>
        value.ValueKind == JsonValueKind.Object && value.TryGetProperty(name, out JsonElement property) && property.ValueKind != JsonValueKind.Null ? property : null;

    private static decimal? Positive(decimal? price) => price > 0m ? price : null;

    private static JsonElement Json(byte[] file) => JsonDocument.Parse(file).RootElement;

    private static byte[] Unpacked(string path)
    {
        using FileStream file = File.OpenRead(path);
        using Stream content = path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase) ? new GZipStream(file, CompressionMode.Decompress) : file;
        var memory = new MemoryStream();
        content.CopyTo(memory);
        return memory.ToArray();
    }

    private static IEnumerable<PriceStatement> OfCatalog(SourceDescription source, PriceCatalog catalog, bool isLiteLlm)
    {
        foreach (PricedModel model in catalog.Models)
        {
            if (model.Provider is null || !source.Providers.TryGetValue(model.Provider, out string? provider))
            {
                continue;
            }

            (string id, string? region) = isLiteLlm ? LiteLlmId(provider, model.ModelId) : (model.ModelId, null);
            PricePeriod[] periods = [.. model.Periods.Where(period => period.Daily is null).Select(period => period with { Price = MediaIds.HasNoOutput(id) ? WithoutOutput(period.Price) : period.Price })];
            PricePeriod? now = periods.Where(period => period.From is null || period.From <= new DateTimeOffset(source.Date, TimeOnly.MinValue, TimeSpan.Zero)).MaxBy(period => period.From ?? DateTimeOffset.MinValue);
            if (id.Length == 0 || now is null || now.Price.IsFree)
            {
                continue;
            }

            yield return new PriceStatement(source, provider, id, now.Price)
            {
                Region = region,
                Limits = model.Limits,
                Periods = periods.Length > 1 ? periods : [],
                Aliases = isLiteLlm ? [] : model.Aliases,
            };
        }
    }

    private static ModelPrice WithoutOutput(ModelPrice price) => ModelPrice.PerMillionTokens(price.InputPerMillion, 0m);

    private static (string Id, string? Region) LiteLlmId(string provider, string key)
    {
        foreach (string prefix in (string[])["azure_ai/", "azure/", "bedrock/", "bedrock_converse/", "bedrock_mantle/", "vertex_ai/", "gemini/", "dashscope/", "moonshot/", "together_ai/", "fireworks_ai/", "nebius/", "openrouter/", "perplexity/", "cerebras/", "minimax/", "zai/", "cohere/", "cohere_chat/", "groq/", "xai/", "mistral/", "deepseek/"])
        {
            if (key.StartsWith(prefix, StringComparison.OrdinalIgnoreCase))
            {
                key = key[prefix.Length..];
                break;
            }
        }

        string[] parts = key.Split('/');
        return provider switch
        {
            "azure" when parts.Length == 2 && parts[0] is "us" or "eu" => (parts[1], parts[0]),
            "azure" when parts.Length == 2 && parts[0] is "global" or "global-standard" => (parts[1], null),
            "bedrock" when parts.Length == 2 && CloudRegion().IsMatch(parts[0]) => (parts[1], parts[0]),
            "azure" or "bedrock" when parts.Length > 1 => ("", null),
            _ => (key, null),
        };
    }

    [GeneratedRegex(@"^[a-z]{2}(?:-gov)?-[a-z]+-\d$")]
    private static partial Regex CloudRegion();
}
