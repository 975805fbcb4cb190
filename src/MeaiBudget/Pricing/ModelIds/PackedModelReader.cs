using System.Globalization;
using System.Text.Json;

namespace MeaiBudget;

/// <summary>
/// Reads one model of the package's own file as <see cref="PriceFileWriter"/> writes it. It checks nothing, which the build of the file did,
/// and uses little code, because the first look-up of a process waits for its compilation.
/// </summary>
internal static class PackedModelReader
{
    internal static PricedModel Read(JsonElement value)
    {
        var periods = new List<PricePeriod>();
        if (value.TryGetProperty("prices", out JsonElement prices))
        {
            for (int i = 0; i < prices.GetArrayLength(); i++)
            {
                ReadPeriod(prices[i], periods);
            }
        }

        return new PricedModel
        {
            Provider = Text(value, "provider"),
            ModelId = Text(value, "id")!,
            Aliases = value.TryGetProperty("aliases", out JsonElement aliases) ? Texts(aliases) : [],
            Limits = Text(value, "limits") is { } limits ? ReadLimits(limits) : null,
            Periods = periods,
            Meanings = value.TryGetProperty("meanings", out JsonElement meanings) ? ReadMeanings(meanings) : [],
        };
    }

    private static void ReadPeriod(JsonElement value, List<PricePeriod> periods)
    {
        bool isMarginal = value.TryGetProperty("bracketMode", out _);
        ModelPrice price = ReadCard(value, isMarginal);
        if (value.TryGetProperty("tiers", out JsonElement tiers))
        {
            foreach (JsonProperty tier in tiers.EnumerateObject())
            {
                price = tier.Value.ValueKind == JsonValueKind.Number
                    ? price.WithServiceTier(tier.Name, tier.Value.GetDecimal())
                    : price.WithServiceTier(tier.Name, ReadCard(tier.Value, isMarginal));
            }
        }

        if (value.TryGetProperty("fees", out JsonElement fees))
        {
            foreach (JsonProperty fee in fees.EnumerateObject())
            {
                if (PriceComponentNames.FeeOf(fee.Name) is { } component)
                {
                    price = price.WithFee(component, fee.Value.GetDecimal());
                }
            }
        }

        var period = new PricePeriod(price)
        {
            From = Instant(value, "from"),
            Until = Instant(value, "until"),
            Region = Text(value, "region"),
            Daily = value.TryGetProperty("daily", out JsonElement daily) ? ReadWindow(daily) : null,
            Source = Text(value, "source") is { } source ? ReadSource(source) : null,
        };
        periods.Add(period);
        if (value.TryGetProperty("regions", out JsonElement regions))
        {
            foreach (JsonProperty region in regions.EnumerateObject())
            {
                periods.Add(period with { Region = region.Name, Price = price.Times(region.Value.GetDecimal()) });
            }
        }
    }

    private static ModelPrice ReadCard(JsonElement value, bool isMarginal)
    {
        ModelPrice price = ReadRates(value, null);
        if (value.TryGetProperty("brackets", out JsonElement brackets))
        {
            for (int i = 0; i < brackets.GetArrayLength(); i++)
            {
                JsonElement bracket = brackets[i];
                price = price.WithBracket(
                    bracket.GetProperty("aboveInputTokens").GetInt64(),
                    ReadRates(bracket, isMarginal ? price.OutputPerMillion : null),
                    isMarginal ? PriceBracketMode.Marginal : PriceBracketMode.WholeRequest);
            }
        }

        return price;
    }

    private static ModelPrice ReadRates(JsonElement value, decimal? output)
    {
        Span<decimal?> rates = stackalloc decimal?[TokenRates.Count];
        for (int i = 0; i < TokenRates.Count; i++)
        {
            rates[i] = value.TryGetProperty(PriceComponentNames.Of((PriceComponent)i), out JsonElement rate) ? rate.GetDecimal() : null;
        }

        rates[(int)PriceComponent.Output] ??= output;
        return ModelPrice.FromRates(TokenRates.FromDollarsPerMillion(rates));
    }

    private static DailyWindow ReadWindow(JsonElement value)
    {
        int days = 0;
        if (value.TryGetProperty("days", out JsonElement listed))
        {
            foreach (string day in Texts(listed))
            {
                days |= 1 << (int)Enum.Parse<DayOfWeek>(day, ignoreCase: true);
            }
        }

        return new DailyWindow(Time(value, "from"), Time(value, "to")) { Days = days, Zone = Text(value, "zone") };
    }

    private static AliasMeaning[] ReadMeanings(JsonElement value)
    {
        var meanings = new AliasMeaning[value.GetArrayLength()];
        for (int i = 0; i < meanings.Length; i++)
        {
            meanings[i] = new AliasMeaning(Instant(value[i], "from"), Text(value[i], "model")!)
            {
                MayMean = value[i].TryGetProperty("mayMean", out JsonElement others) ? Texts(others) : [],
            };
        }

        return meanings;
    }

    private static ModelLimits ReadLimits(string text)
    {
        string[] parts = text.Split(' ');
        long window = long.Parse(parts[0], CultureInfo.InvariantCulture);
        long output = long.Parse(parts[1], CultureInfo.InvariantCulture);
        return new ModelLimits(window > 0 ? window : null, output > 0 ? output : null, parts.Length == 3);
    }

    private static PriceSource ReadSource(string text)
    {
        string[] parts = text.Split(' ', 3);
        PriceConfidence confidence = parts[0] switch
        {
            "verified" => PriceConfidence.Verified,
            "decided" => PriceConfidence.Decided,
            _ => PriceConfidence.SingleSource,
        };
        return new PriceSource(parts[2], DateOnly.ParseExact(parts[1], "yyyy-MM-dd", CultureInfo.InvariantCulture), confidence);
    }

    private static string[] Texts(JsonElement value)
    {
        string[] texts = new string[value.GetArrayLength()];
        for (int i = 0; i < texts.Length; i++)
        {
            texts[i] = value[i].GetString()!;
        }

        return texts;
    }

    private static string? Text(JsonElement value, string name) => value.TryGetProperty(name, out JsonElement text) ? text.GetString() : null;

    private static TimeOnly Time(JsonElement value, string name) => TimeOnly.ParseExact(Text(value, name)!, "HH:mm", CultureInfo.InvariantCulture);

    private static DateTimeOffset? Instant(JsonElement value, string name) =>
        Text(value, name) is { } text ? DateTimeOffset.Parse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal) : null;
}
