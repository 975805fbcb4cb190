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

    private static PricedModel ReadModel(JsonCursor value)
    {
        JsonCursor prices = value["prices"] ?? throw value.Fault("has no 'prices'");
        List<PricePeriod> periods = [.. prices.Items().Select(ReadPeriod)];
        return new PricedModel
        {
            Provider = value["provider"]?.NonEmptyText(),
            ModelId = (value["id"] ?? throw value.Fault("has no 'id'")).NonEmptyText(),
            Aliases = value["aliases"] is { } aliases ? [.. aliases.Items().Select(alias => alias.NonEmptyText())] : [],
            Limits = value["limits"] is { } limits ? ReadLimits(limits) : null,
            Periods = periods.Count > 0 ? periods : throw prices.Fault("is empty. Remove models without a price from the file"),
        };
    }

    private static ModelLimits ReadLimits(JsonCursor value) =>
        new(value["contextWindow"]?.WholeNumber(), value["maxOutputTokens"]?.WholeNumber(), value["reasoning"]?.Truth() ?? false);

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

                price = price.WithServiceTier(name, ReadBrackets(tier, ReadRates(tier), mode));
            }
        }

        if (value["fees"] is { } fees)
        {
            price = price.WithFees(Fee(fees, "request"), Fee(fees, "webSearch"), Fee(fees, "fileSearch"), Fee(fees, "codeExecutionSession"));
        }

        JsonCursor? window = value["daily"];
        return new PricePeriod(price)
        {
            From = value["from"] is { } from ? new DateTimeOffset(from.Date(), TimeOnly.MinValue, TimeSpan.Zero) : null,
            Region = value["region"]?.NonEmptyText(),
            DailyFrom = window is { } w ? Time(w["from"] ?? throw w.Fault("has no 'from'")) : null,
            DailyTo = window is { } v ? Time(v["to"] ?? throw v.Fault("has no 'to'")) : null,
            Source = value["source"] is { } source ? ReadSource(source) : null,
        };
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
        Span<decimal?> rates = stackalloc decimal?[TokenRates.Count];
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

    private static decimal? Fee(JsonCursor fees, string name)
    {
        if (fees[name] is not { } value)
        {
            return null;
        }

        decimal fee = value.Price();
        return fee <= 1000m ? fee : throw value.Fault($"is {fee} US dollars for one use, which indicates a fee in the wrong unit");
    }

    private static TimeOnly Time(JsonCursor value) =>
        TimeOnly.TryParseExact(value.Text(), "HH:mm", out TimeOnly time) ? time : throw value.Fault($"should be a time of day, UTC (HH:mm): '{value.Text()}'");

    private static PriceSource ReadSource(JsonCursor value) =>
        new((value["name"] ?? throw value.Fault("has no 'name'")).NonEmptyText(), value["checked"]?.Date(), value["confidence"] is { } confidence ? ReadName<PriceConfidence>(confidence) : PriceConfidence.SingleSource);

    private static PriceDisagreement ReadDisagreement(JsonCursor value)
    {
        string Part(string name) => (value[name] ?? throw value.Fault($"has no '{name}'")).NonEmptyText();
        JsonCursor stated = value["stated"] ?? throw value.Fault("has no 'stated'");
        return new PriceDisagreement(
            Part("provider"), Part("id"), Part("subject"), stated.Properties().ToDictionary(source => source.Name, source => source.Value.Text()), Part("decision"), Part("reason"));
    }

    private static T ReadName<T>(JsonCursor value)
        where T : struct, Enum
    {
        string text = value.Text();
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
