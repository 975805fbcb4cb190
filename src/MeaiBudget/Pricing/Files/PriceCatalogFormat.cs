using System.Globalization;
using System.Text.Json;

namespace MeaiBudget;

/// <summary>Reads this library's price format. The JSON schema beside the package's file describes it.</summary>
internal static class PriceCatalogFormat
{
    internal const string Name = "meaibudget-prices/1";

    private const string Unit = "US dollars per million tokens";

    internal static bool IsHeader(string key) => key is "sources" or "disagreements" or "models";

    internal static void ReadHeader(string key, JsonCursor value, PriceFileContent content)
    {
        value = value with { Path = new JsonPath(null, key, -1) };
        switch (key)
        {
            case "format" when value.Text() != Name:
                throw new PriceFileFault($"The format is '{value.Text()}'; this version reads '{Name}'.", null);
            case "currency" when value.Text() != "USD":
                throw new PriceFileFault($"The currency is '{value.Text()}'; prices are in USD.", null);
            case "version":
                content.Info = content.Info with { Version = value.Text() };
                break;
            case "date":
                content.Info = content.Info with { Date = value.Date() };
                break;
            case "sources":
                content.Info = content.Info with { Sources = value.Properties().ToDictionary(source => source.Name, source => source.Value.Text()) };
                break;
            case "disagreements":
                content.Info = content.Info with { Disagreements = [.. value.Items().Select(ReadDisagreement)] };
                break;
            case "models":
                throw new PriceFileFault("'models' should be a list.", null);
            default:
                break;
        }
    }

    internal static void ReadModels(JsonValueStream json, PriceFileContent content)
    {
        content.HasModels = true;
        while (json.TryReadValue(allowDuplicates: false, out JsonCursor value))
        {
            PricedModel model = ReadModel(value);
            if (!content.TryAdd(model))
            {
                throw value["id"]!.Value.Fault($"is a duplicate: '{model.ModelId}' of '{model.Provider ?? "any provider"}' is already listed");
            }
        }
    }

    /// <summary>Reads one model: with prices, or an alias with the models that it has meant.</summary>
    internal static PricedModel ReadModel(JsonCursor value)
    {
        AliasMeaning[] meanings = value["meanings"] is { } listed ? ReadMeanings(listed) : [];
        JsonCursor? prices = value["prices"];
        if (prices is null == (meanings.Length == 0))
        {
            throw value.Fault(prices is null ? "has no 'prices'" : "has 'prices' and 'meanings'; an alias has the prices of the models that it means");
        }

        List<PricePeriod> periods = prices is { } list ? [.. list.Items().SelectMany(ReadPeriods)] : [];
        return new PricedModel
        {
            Provider = value["provider"]?.NonEmptyText(),
            ModelId = (value["id"] ?? throw value.Fault("has no 'id'")).NonEmptyText(),
            Aliases = value["aliases"] is { } aliases ? [.. aliases.Items().Select(alias => alias.NonEmptyText())] : [],
            Limits = value["limits"] is { } limits ? ReadLimits(limits) : null,
            Periods = periods.Count > 0 || meanings.Length > 0 ? periods : throw prices!.Value.Fault("is empty. Remove models without a price from the file"),
            Meanings = meanings,
        };
    }

    private static AliasMeaning[] ReadMeanings(JsonCursor value)
    {
        AliasMeaning[] meanings = [.. value.Items().Select(item =>
            new AliasMeaning(item["from"] is { } from ? Instant(from) : null, (item["model"] ?? throw item.Fault("has no 'model'")).NonEmptyText())
            {
                MayMean = item["mayMean"] is { } others ? [.. others.Items().Select(other => other.NonEmptyText())] : [],
            })];
        for (int i = 1; i < meanings.Length; i++)
        {
            if (meanings[i].From is null || meanings[i].From <= meanings[i - 1].From)
            {
                throw value.Fault("is not in the order of time. Only the first meaning may leave out 'from'");
            }
        }

        return meanings;
    }

    private static ModelLimits ReadLimits(JsonCursor value) => value.Element.ValueKind == JsonValueKind.String ? ReadShortLimits(value) :
        new(value["contextWindow"]?.WholeNumber(), value["maxOutputTokens"]?.WholeNumber(), value["reasoning"]?.Truth() ?? false);

    /// <summary>Reads the short form: <c>128000 16384 reasoning</c>, with a zero for a limit that is unknown.</summary>
    private static ModelLimits ReadShortLimits(JsonCursor value)
    {
        string[] parts = value.Text().Split(' ');
        return parts.Length is 2 or 3 && long.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out long window)
            && long.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out long output) && (parts.Length == 2 || parts[2] == "reasoning")
            ? new ModelLimits(window > 0 ? window : null, output > 0 ? output : null, parts.Length == 3)
            : throw value.Fault("should be the context window, the most output tokens, and 'reasoning' for a model that reasons: '128000 16384 reasoning'");
    }

    /// <summary>Reads a price, and the same price in regions that multiply it.</summary>
    private static IEnumerable<PricePeriod> ReadPeriods(JsonCursor value)
    {
        PricePeriod period = ReadPeriod(value);
        yield return period;
        if (value["regions"] is not { } regions)
        {
            yield break;
        }

        foreach ((string name, JsonCursor multiple) in regions.Properties())
        {
            decimal factor = multiple.Price();
            if (factor is <= 0m or > 100m || period.Region is not null)
            {
                throw multiple.Fault("should be a multiple of the price from 0 to 100, of a price without a region");
            }

            yield return period with { Region = name, Price = period.Price.Times(factor) };
        }
    }

    private static PricePeriod ReadPeriod(JsonCursor value)
    {
        ModelPrice price = ReadRates(value);
        PriceBracketMode mode = value["bracketMode"] is { } named ? ReadName<PriceBracketMode>(named) : PriceBracketMode.WholeRequest;
        price = ReadBrackets(value, price, mode);
        if (value["tiers"] is { } tiers)
        {
            foreach ((string name, JsonCursor tier) in tiers.Properties())
            {
                if (ServiceTiers.Canonical(name) is null)
                {
                    throw tier.Fault("is a name of the standard tier");
                }

                if (tier.Element.ValueKind == JsonValueKind.Number)
                {
                    price = price.WithServiceTier(name, tier.Price() is > 0m and <= 100m and var multiple ? multiple : throw tier.Fault("should be a multiple of the standard price from 0 to 100"));
                    continue;
                }

                price = price.WithServiceTier(name, ReadBrackets(tier, ReadRates(tier), mode));
            }
        }

        foreach ((string name, JsonCursor fee) in value["fees"] is { } fees ? fees.Properties() : [])
        {
            if (PriceComponentNames.FeeOf(name) is { } component)
            {
                price = price.WithFee(component, Fee(fee));
            }
        }

        return new PricePeriod(price)
        {
            From = value["from"] is { } from ? Instant(from) : null,
            Until = value["until"] is { } until ? Instant(until) : null,
            Region = value["region"]?.NonEmptyText(),
            Daily = value["daily"] is { } daily ? ReadWindow(daily) : null,
            Source = value["source"] is { } source ? ReadSource(source) : null,
        };
    }

    private static DailyWindow ReadWindow(JsonCursor value)
    {
        int days = 0;
        foreach (JsonCursor day in value["days"] is { } listed ? listed.Items() : [])
        {
            days |= 1 << (int)ReadName<DayOfWeek>(day);
        }

        TimeOnly from = Time(value["from"] ?? throw value.Fault("has no 'from'"));
        TimeOnly to = Time(value["to"] ?? throw value.Fault("has no 'to'"));
        try
        {
            return new DailyWindow(from, to) { Days = days, Zone = value["zone"]?.NonEmptyText() };
        }
        catch (Exception exception) when (exception is TimeZoneNotFoundException or InvalidTimeZoneException)
        {
            throw value["zone"]!.Value.Fault("is no time zone of this machine. State the offset from UTC instead, for example '+08:00'");
        }
    }

    /// <summary>Reads a day (its midnight in UTC) or a time with an offset.</summary>
    private static DateTimeOffset Instant(JsonCursor value)
    {
        string text = value.Text();
        return text.Length > 10 && (text.EndsWith('Z') || text.LastIndexOfAny(['+', '-']) > 10)
            && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.None, out DateTimeOffset time)
            ? time.ToUniversalTime()
            : new DateTimeOffset(value.Date(), TimeOnly.MinValue, TimeSpan.Zero);
    }

    private static ModelPrice ReadBrackets(JsonCursor value, ModelPrice price, PriceBracketMode mode)
    {
        if (value["brackets"] is not { } brackets)
        {
            return price;
        }

        var thresholds = new HashSet<long>();
        foreach (JsonCursor bracket in brackets.Items())
        {
            long above = (bracket["aboveInputTokens"] ?? throw bracket.Fault("has no 'aboveInputTokens'")).WholeNumber();
            if (above == 0 || !thresholds.Add(above))
            {
                throw bracket.Fault($"has a threshold of {above}, which is zero or stated twice");
            }

            if (mode == PriceBracketMode.Marginal && bracket["output"] is { } output)
            {
                throw output.Fault("is not allowed in a marginal bracket, which only has input prices");
            }

            price = price.WithBracket(above, mode == PriceBracketMode.Marginal ? ReadRates(bracket, price.OutputPerMillion) : ReadRates(bracket), mode);
        }

        return price;
    }

    private static ModelPrice ReadRates(JsonCursor value, decimal? output = null)
    {
        decimal?[] rates = new decimal?[TokenRates.Count];
        for (int i = 0; i < TokenRates.Count; i++)
        {
            rates[i] = value[PriceComponentNames.Of((PriceComponent)i)]?.PricePer(1_000_000, Unit);
        }

        rates[(int)PriceComponent.Output] ??= output;
        if (rates[(int)PriceComponent.Input] is null || rates[(int)PriceComponent.Output] is null)
        {
            throw value.Fault("has no 'input' or no 'output' price. State both, also if a price is zero");
        }

        return ModelPrice.FromRates(TokenRates.FromDollarsPerMillion(rates));
    }

    private static decimal Fee(JsonCursor value)
    {
        decimal fee = value.Price();
        return fee <= 1000m ? fee : throw value.Fault($"is {fee} US dollars for one use, which indicates a fee in the wrong unit");
    }

    private static TimeOnly Time(JsonCursor value) =>
        TimeOnly.TryParseExact(value.Text(), "HH:mm", out TimeOnly time) ? time : throw value.Fault($"should be a time of day, UTC (HH:mm): '{value.Text()}'");

    private static PriceSource ReadSource(JsonCursor value)
    {
        if (value.Element.ValueKind == JsonValueKind.String)
        {
            // Short form: "verified 2026-11-20 PI, GP".
            string[] parts = value.Text().Split(' ', 3);
            return parts.Length == 3 && DateOnly.TryParseExact(parts[1], "yyyy-MM-dd", out DateOnly day)
                ? new PriceSource(parts[2], day, ReadName<PriceConfidence>(value, parts[0]))
                : throw value.Fault("should be the confidence, the date and the sources: 'verified 2026-11-20 PI, GP'");
        }

        return new((value["name"] ?? throw value.Fault("has no 'name'")).NonEmptyText(), value["checked"]?.Date(), value["confidence"] is { } confidence ? ReadName<PriceConfidence>(confidence) : PriceConfidence.SingleSource);
    }

    private static PriceDisagreement ReadDisagreement(JsonCursor value)
    {
        string Part(string name) => (value[name] ?? throw value.Fault($"has no '{name}'")).NonEmptyText();
        JsonCursor stated = value["stated"] ?? throw value.Fault("has no 'stated'");
        return new PriceDisagreement(
            Part("provider"), Part("id"), Part("subject"), stated.Properties().ToDictionary(source => source.Name, source => source.Value.Text()), Part("decision"), Part("reason"));
    }

    private static T ReadName<T>(JsonCursor value)
        where T : struct, Enum => ReadName<T>(value, value.Text());

    private static T ReadName<T>(JsonCursor value, string text)
        where T : struct, Enum
    {
        foreach (T name in Enum.GetValues<T>())
        {
            if (JsonNamingPolicy.CamelCase.ConvertName(name.ToString()) == text)
            {
                return name;
            }
        }

        throw value.Fault($"is '{text}', not one of: {string.Join(", ", Enum.GetNames<T>().Select(JsonNamingPolicy.CamelCase.ConvertName))}");
    }
}
