using System.Globalization;
using System.Text.RegularExpressions;

namespace MeaiBudget;

/// <summary>Reads LiteLLM's <c>model_prices_and_context_window.json</c>: a map from ids to records, US dollars per token.</summary>
internal static partial class LiteLlmFormat
{
    private const string Unit = "US dollars per token";

    private static readonly (string Name, PriceComponent Component)[] Rates =
    [
        ("input_cost_per_token", PriceComponent.Input), ("cache_read_input_token_cost", PriceComponent.CachedInput),
        ("cache_creation_input_token_cost", PriceComponent.CacheWrite), ("cache_creation_input_token_cost_above_1hr", PriceComponent.CacheWriteOneHour),
        ("output_cost_per_token", PriceComponent.Output), ("output_cost_per_reasoning_token", PriceComponent.Reasoning),
        ("input_cost_per_audio_token", PriceComponent.InputAudio), ("cache_read_input_audio_token_cost", PriceComponent.CachedInputAudio),
        ("output_cost_per_audio_token", PriceComponent.OutputAudio), ("input_cost_per_image_token", PriceComponent.InputImage),
        ("output_cost_per_image_token", PriceComponent.OutputImage),
    ];

    private static readonly (string Suffix, string? Tier)[] Tiers = [("", null), ("_priority", ServiceTiers.Priority), ("_flex", ServiceTiers.Flex), ("_batches", ServiceTiers.Batch)];

    internal static void ReadRecord(string key, JsonCursor value, PriceFileContent content)
    {
        if (key == "sample_spec")
        {
            return;
        }

        value = value with { Path = null };
        if (!value.IsObject)
        {
            throw new PriceFileFault($"'{key}' should be an object, as every record of LiteLLM's format.", null);
        }

        string? provider = ProviderNames.Canonical(TextOf(value, "litellm_provider"));
        if (provider is not null && provider.StartsWith("vertex_ai", StringComparison.Ordinal))
        {
            provider = ProviderNames.Vertex;
        }

        bool isLocal = provider == ProviderNames.Ollama;
        ModelPrice? price = ReadPrice(value, isLocal);
        if (price is null)
        {
            content.Note($"{key}: no token price, or only zero prices, which can also mean unknown in this format");
            return;
        }

        (string id, string? region) = WithoutProvider(key, provider);
        content.AddOrReplace(new PricedModel
        {
            Provider = provider,
            ModelId = region is null ? id : key,
            Aliases = id == key || region is not null ? [] : [key],
            Limits = new ModelLimits(Limit(value, "max_input_tokens") ?? Limit(value, "max_tokens"), Limit(value, "max_output_tokens"), value["supports_reasoning"] is { Element.ValueKind: System.Text.Json.JsonValueKind.True }),
            Periods = [new PricePeriod(price) { Source = new PriceSource("LiteLLM", null, PriceConfidence.SingleSource) }],
        });
    }

    /// <summary>Removes the provider from a key. If a region follows it, the region stays part of the id, because it has its own price.</summary>
    private static (string Id, string? Region) WithoutProvider(string key, string? provider)
    {
        int slash = key.IndexOf('/', StringComparison.Ordinal);
        if (slash < 0 || provider is null || ProviderNames.Canonical(key[..slash]) != provider)
        {
            return (key, null);
        }

        string rest = key[(slash + 1)..];
        int next = rest.IndexOf('/', StringComparison.Ordinal);
        return next < 0 || provider is not ("azure" or ProviderNames.Bedrock) ? (rest, null) : (rest, rest[..next]);
    }

    private static ModelPrice? ReadPrice(JsonCursor value, bool isLocal)
    {
        if (ReadCard(value, "", isLocal) is not { } price)
        {
            return null;
        }

        foreach ((string suffix, string? tier) in Tiers)
        {
            if (tier is not null && value["input_cost_per_token" + suffix] is not null && ReadCard(value, suffix, isLocal) is { } card)
            {
                price = price.WithServiceTier(tier, card);
            }
        }

        return price.WithFees(
            Fee(value["input_cost_per_request"], 1m),
            value["search_context_cost_per_query"] is { IsObject: true } search ? Fee(search["search_context_size_medium"], 1m) : null,
            Fee(value["file_search_cost_per_1k_calls"], 1000m),
            Fee(value["code_interpreter_cost_per_session"], 1m));
    }

    private static ModelPrice? ReadCard(JsonCursor value, string tierSuffix, bool isLocal)
    {
        decimal?[] rates = new decimal?[TokenRates.Count];
        foreach ((string name, PriceComponent component) in Rates)
        {
            rates[(int)component] = Rate(value, name + tierSuffix);
        }

        if (isLocal && rates[(int)PriceComponent.Input] == 0m && rates[(int)PriceComponent.Output] is null or 0m && tierSuffix.Length == 0)
        {
            return rates[(int)PriceComponent.Input] == 0m ? ModelPrice.Free : null;
        }

        if (tierSuffix.Length == 0 && rates[(int)PriceComponent.Output] is null && value["mode"] is { } mode && mode.Element.ValueKind == System.Text.Json.JsonValueKind.String && mode.Text() is "chat" or "completion" or "responses")
        {
            // A chat model without an output price is incomplete.
            return null;
        }

        TokenRates? complete = ForeignRates.Complete(rates);
        if (complete is null)
        {
            return null;
        }

        var price = ModelPrice.FromRates(complete);
        foreach (long threshold in Thresholds(value))
        {
            string bracket = $"_above_{threshold / 1000}k_tokens{tierSuffix}";
            if (value["input_cost_per_token" + bracket] is null)
            {
                continue;
            }

            foreach ((string name, PriceComponent component) in Rates)
            {
                // Rates that the bracket does not state stay the same.
                rates[(int)component] = Rate(value, name + bracket) ?? (complete.IsStated(component) ? complete.PerMillion(component) : null);
            }

            price = price.WithBracket(threshold, ModelPrice.FromRates(TokenRates.FromDollarsPerMillion(rates)));
        }

        return tierSuffix.Length == 0 && value["tiered_pricing"] is { Element.ValueKind: System.Text.Json.JsonValueKind.Array } tiers ? WithTieredPricing(price, tiers) : price;
    }

    /// <summary>Adds brackets from a list of ranges of input tokens, each with rates for the whole request.</summary>
    private static ModelPrice WithTieredPricing(ModelPrice price, JsonCursor tiers)
    {
        decimal?[] rates = new decimal?[TokenRates.Count];
        foreach (JsonCursor tier in tiers.Items())
        {
            if (tier["range"] is not { } range || range.Items().FirstOrDefault() is not { Element.ValueKind: System.Text.Json.JsonValueKind.Number } from || from.WholeNumber() == 0)
            {
                continue;
            }

            foreach ((string name, PriceComponent component) in Rates)
            {
                rates[(int)component] = Rate(tier, name);
            }

            if (ForeignRates.Complete(rates) is { } complete)
            {
                price = price.WithBracket(from.WholeNumber(), ModelPrice.FromRates(complete));
            }
        }

        return price;
    }

    private static IEnumerable<long> Thresholds(JsonCursor value) => value.Properties()
        .Select(property => Threshold().Match(property.Name))
        .Where(match => match.Success)
        .Select(match => long.Parse(match.Groups["thousands"].Value, CultureInfo.InvariantCulture) * 1000)
        .Distinct()
        .Order();

    // LiteLLM's files contain text in place of some numbers.
    private static decimal? Rate(JsonCursor value, string name) =>
        value[name] is { Element.ValueKind: System.Text.Json.JsonValueKind.Number } rate ? rate.PricePer(1, Unit) * 1_000_000m : null;

    private static decimal? Fee(JsonCursor? value, decimal uses) =>
        value is { Element.ValueKind: System.Text.Json.JsonValueKind.Number } fee && fee.Price() is > 0m and var price
            ? price / uses <= 1000m ? price / uses : throw fee.Fault($"is {price} US dollars, which indicates a fee in the wrong unit")
            : null;

    private static long? Limit(JsonCursor value, string name) =>
        value[name] is { Element.ValueKind: System.Text.Json.JsonValueKind.Number } limit && limit.Number() is >= 1 and <= long.MaxValue and var number ? (long)number : null;

    private static string? TextOf(JsonCursor value, string name) => value[name] is { Element.ValueKind: System.Text.Json.JsonValueKind.String } text ? text.Text() : null;

    [GeneratedRegex(@"^input_cost_per_token_above_(?<thousands>\d{1,9})k_tokens")]
    private static partial Regex Threshold();
}
