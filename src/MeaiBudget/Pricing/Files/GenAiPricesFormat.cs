using System.Globalization;
using System.Text.Json;

namespace MeaiBudget;

/// <summary>Reads genai-prices' <c>data.json</c> (v2: pydantic/genai-prices, prices/new_data/v2): a list of providers with their models, US dollars per million tokens.</summary>
internal static class GenAiPricesFormat
{
    private const string Unit = "US dollars per million tokens";

    private static readonly (string Name, PriceComponent Component)[] Rates =
    [
        ("input_mtok", PriceComponent.Input), ("cache_read_mtok", PriceComponent.CachedInput), ("cache_write_mtok", PriceComponent.CacheWrite),
        ("cache_write_1h_mtok", PriceComponent.CacheWriteOneHour), ("output_mtok", PriceComponent.Output), ("output_reasoning_mtok", PriceComponent.Reasoning),
        ("input_audio_mtok", PriceComponent.InputAudio), ("cache_audio_read_mtok", PriceComponent.CachedInputAudio), ("output_audio_mtok", PriceComponent.OutputAudio),
        ("input_image_mtok", PriceComponent.InputImage), ("output_image_mtok", PriceComponent.OutputImage),
    ];

    internal static void ReadProviders(JsonValueStream json, PriceFileContent content)
    {
        content.HasProviders = true;
        while (json.TryReadValue(allowDuplicates: true, out JsonCursor provider))
        {
            string id = (provider["id"] ?? throw provider.Fault("has no 'id': this is not genai-prices' format")).NonEmptyText();
            string name = ProviderNames.Canonical(id)!;
            foreach (JsonCursor model in (provider["models"] ?? throw provider.Fault("has no 'models'")).Items())
            {
                ReadModel(name, model, content);
            }
        }
    }

    private static void ReadModel(string provider, JsonCursor value, PriceFileContent content)
    {
        string id = (value["id"] ?? throw value.Fault("has no 'id'")).NonEmptyText();
        JsonCursor prices = value["prices"] ?? throw value.Fault("has no 'prices'");
        var periods = new List<PricePeriod>();
        foreach ((JsonCursor set, JsonCursor? constraint) in PriceSets(prices))
        {
            if (ReadPrice(set) is { } price)
            {
                periods.Add(Constrained(new PricePeriod(price) { Source = new PriceSource("genai-prices", value["prices_checked"]?.Date(), PriceConfidence.SingleSource) }, constraint));
            }
        }

        if (periods.Count == 0)
        {
            content.Note($"{provider} {id}: no token price");
            return;
        }

        List<string> aliases = [];
        List<ModelIdPattern> patterns = [];
        if (value["match"] is { } match)
        {
            ReadMatch(match, aliases, patterns);
        }

        content.AddOrReplace(new PricedModel
        {
            Provider = provider,
            ModelId = id,
            Aliases = [.. aliases.Where(alias => !alias.Equals(id, StringComparison.OrdinalIgnoreCase)).Distinct(StringComparer.OrdinalIgnoreCase)],
            Limits = value["context_window"] is { } window ? new ModelLimits(window.WholeNumber(), null, false) : null,
            Periods = periods,
            Patterns = patterns,
        });
    }

    private static IEnumerable<(JsonCursor Set, JsonCursor? Constraint)> PriceSets(JsonCursor prices) =>
        prices.IsObject
            ? [(prices, null)]
            : prices.Items().Select(conditional => (conditional["prices"] ?? throw conditional.Fault("has no 'prices'"), conditional["constraint"]));

    private static PricePeriod Constrained(PricePeriod period, JsonCursor? constraint)
    {
        if (constraint is not { } value)
        {
            return period;
        }

        if (value["start_date"] is { } start)
        {
            return period with { From = new DateTimeOffset(start.Date(), TimeOnly.MinValue, TimeSpan.Zero) };
        }

        return value["start_time"] is { } from && value["end_time"] is { } to ? period with { Daily = new DailyWindow(Time(from), Time(to)) } : throw value.Fault("is of an unknown kind");
    }

    private static TimeOnly Time(JsonCursor value) =>
        TimeOnly.TryParseExact(value.Text().TrimEnd('Z'), "HH:mm:ss", CultureInfo.InvariantCulture, DateTimeStyles.None, out TimeOnly time) ? time : throw value.Fault("should be a time of day, UTC (HH:mm:ssZ)");

    private static ModelPrice? ReadPrice(JsonCursor set)
    {
        // Each rate may have its own brackets. The input of a request determines the bracket.
        var thresholds = new SortedSet<long>();
        foreach ((string name, _) in Rates)
        {
            if (set[name] is { IsObject: true } tiered)
            {
                thresholds.UnionWith(tiered["tiers"] is { } tiers ? tiers.Items().Select(Start) : []);
            }
        }

        if (ReadRates(set, 0) is not { } rates)
        {
            return null;
        }

        var price = ModelPrice.FromRates(rates);
        foreach (long threshold in thresholds.Where(threshold => threshold > 0))
        {
            price = price.WithBracket(threshold, ModelPrice.FromRates(ReadRates(set, threshold)!));
        }

        return price.WithFees(
            PerThousandUses(set, "requests_kcount"),
            PerThousandUses(set, "web_searches_kcount"),
            PerThousandUses(set, "file_searches_kcount") ?? PerThousandUses(set, "storage_searches_kcount"));
    }

    private static decimal? PerThousandUses(JsonCursor set, string name)
    {
        if (set[name] is not { IsObject: false } value)
        {
            return null;
        }

        decimal price = value.Price();
        return price <= 1_000_000m ? price / 1000m : throw value.Fault($"is {price} US dollars for a thousand uses, which indicates a price in the wrong unit");
    }

    private static TokenRates? ReadRates(JsonCursor set, long threshold)
    {
        decimal?[] rates = new decimal?[TokenRates.Count];
        foreach ((string name, PriceComponent component) in Rates)
        {
            rates[(int)component] = set[name] is { } rate ? RateAt(rate, threshold) : null;
        }

        return ForeignRates.Complete(rates);
    }

    private static decimal RateAt(JsonCursor rate, long threshold)
    {
        if (!rate.IsObject)
        {
            return rate.PricePer(1_000_000, Unit);
        }

        decimal price = (rate["base"] ?? throw rate.Fault("has no 'base'")).PricePer(1_000_000, Unit);
        foreach (JsonCursor tier in rate["tiers"] is { } tiers ? tiers.Items() : [])
        {
            decimal tierPrice = (tier["price"] ?? throw tier.Fault("has no 'price'")).PricePer(1_000_000, Unit);
            price = Start(tier) <= threshold ? tierPrice : price;
        }

        return price;
    }

    private static long Start(JsonCursor tier) => (tier["start"] ?? throw tier.Fault("has no 'start'")).WholeNumber();

    private static void ReadMatch(JsonCursor match, List<string> aliases, List<ModelIdPattern> patterns)
    {
        foreach ((string name, JsonCursor value) in match.Properties())
        {
            switch (name)
            {
                case "equals":
                    aliases.Add(value.NonEmptyText());
                    break;
                case "starts_with":
                    patterns.Add(new ModelIdPattern(ModelIdPatternKind.StartsWith, value.NonEmptyText()));
                    break;
                case "ends_with":
                    patterns.Add(new ModelIdPattern(ModelIdPatternKind.EndsWith, value.NonEmptyText()));
                    break;
                case "contains":
                    patterns.Add(new ModelIdPattern(ModelIdPatternKind.Contains, value.NonEmptyText()));
                    break;
                case "regex":
                    patterns.Add(new ModelIdPattern(ModelIdPatternKind.Regex, value.NonEmptyText()));
                    break;
                case "or":
                    foreach (JsonCursor part in value.Items())
                    {
                        ReadMatch(part, aliases, patterns);
                    }

                    break;
                default:
                    // Other operators, such as "and", are not supported: the rule matches no id.
                    break;
            }
        }
    }
}
