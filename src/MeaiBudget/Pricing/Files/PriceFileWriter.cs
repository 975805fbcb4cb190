using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace MeaiBudget;

/// <summary>Writes this library's price format.</summary>
internal static class PriceFileWriter
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Writes a catalog with one model on each line, which keeps the file small and the difference of two versions readable.</summary>
    internal static void Write(PriceCatalog catalog, Stream stream)
    {
        Write(stream, "{\n\"$schema\": \"price-catalog.schema.json\",\n\"format\": ");
        WriteValue(stream, json => json.WriteStringValue(PriceCatalogFormat.Name));
        if (catalog.Info.Version is { } version)
        {
            Write(stream, ",\n\"version\": ");
            WriteValue(stream, json => json.WriteStringValue(version));
        }

        if (Text(catalog.Info.Date) is { } date)
        {
            Write(stream, ",\n\"date\": ");
            WriteValue(stream, json => json.WriteStringValue(date));
        }

        Write(stream, ",\n\"currency\": \"USD\",\n\"sources\": ");
        WriteValue(stream, json =>
        {
            json.WriteStartObject();
            foreach ((string name, string description) in catalog.Info.Sources)
            {
                json.WriteString(name, description);
            }

            json.WriteEndObject();
        });
        WriteList(stream, "disagreements", catalog.Info.Disagreements, WriteDisagreement);
        WriteList(stream, "models", catalog.Models, WriteModel);
        Write(stream, "\n}\n");
    }

    private static void WriteList<T>(Stream stream, string name, IReadOnlyList<T> items, Action<Utf8JsonWriter, T> write)
    {
        Write(stream, $",\n\"{name}\": [");
        for (int i = 0; i < items.Count; i++)
        {
            Write(stream, i == 0 ? "\n" : ",\n");
            WriteValue(stream, json => write(json, items[i]));
        }

        Write(stream, items.Count == 0 ? "]" : "\n]");
    }

    private static void Write(Stream stream, string text) => stream.Write(System.Text.Encoding.UTF8.GetBytes(text));

    private static void WriteValue(Stream stream, Action<Utf8JsonWriter> write)
    {
        using var json = new Utf8JsonWriter(stream, Options);
        write(json);
    }

    private static void WriteDisagreement(Utf8JsonWriter json, PriceDisagreement disagreement)
    {
        json.WriteStartObject();
        json.WriteString("provider", disagreement.Provider);
        json.WriteString("id", disagreement.ModelId);
        json.WriteString("subject", disagreement.Subject);
        json.WriteStartObject("stated");
        foreach ((string source, string value) in disagreement.Stated)
        {
            json.WriteString(source, value);
        }

        json.WriteEndObject();
        json.WriteString("decision", disagreement.Decision);
        json.WriteString("reason", disagreement.Reason);
        json.WriteEndObject();
    }

    private static void WriteModel(Utf8JsonWriter json, PricedModel model)
    {
        json.WriteStartObject();
        WriteText(json, "provider", model.Provider);
        json.WriteString("id", model.ModelId);
        if (model.Aliases.Count > 0)
        {
            json.WriteStartArray("aliases");
            foreach (string alias in model.Aliases)
            {
                json.WriteStringValue(alias);
            }

            json.WriteEndArray();
        }

        if (model.Limits is { } limits)
        {
            json.WriteString("limits", string.Create(CultureInfo.InvariantCulture, $"{limits.ContextWindow ?? 0} {limits.MaxOutputTokens ?? 0}{(limits.IsReasoning ? " reasoning" : "")}"));
        }

        if (model.Meanings.Count > 0)
        {
            WriteMeanings(json, model.Meanings);
        }
        else
        {
            json.WriteStartArray("prices");
            var multiplied = new HashSet<PricePeriod>(ReferenceEqualityComparer.Instance);
            foreach (PricePeriod period in model.Periods)
            {
                if (!multiplied.Contains(period))
                {
                    WritePeriod(json, period, Multiplied(period, model.Periods, multiplied));
                }
            }

            json.WriteEndArray();
        }

        json.WriteEndObject();
    }

    private static void WriteMeanings(Utf8JsonWriter json, IReadOnlyList<AliasMeaning> meanings)
    {
        json.WriteStartArray("meanings");
        foreach (AliasMeaning meaning in meanings)
        {
            json.WriteStartObject();
            WriteText(json, "from", Text(meaning.From));
            json.WriteString("model", meaning.ModelId);
            if (meaning.MayMean.Count > 0)
            {
                json.WriteStartArray("mayMean");
                foreach (string other in meaning.MayMean)
                {
                    json.WriteStringValue(other);
                }

                json.WriteEndArray();
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteWindow(Utf8JsonWriter json, DailyWindow daily)
    {
        json.WriteStartObject("daily");
        json.WriteString("from", daily.From.ToString("HH:mm", CultureInfo.InvariantCulture));
        json.WriteString("to", daily.To.ToString("HH:mm", CultureInfo.InvariantCulture));
        WriteText(json, "zone", daily.Zone);
        if (daily.Days != 0)
        {
            json.WriteStartArray("days");
            foreach (DayOfWeek day in Enum.GetValues<DayOfWeek>().Where(day => (daily.Days & (1 << (int)day)) != 0))
            {
                json.WriteStringValue(JsonNamingPolicy.CamelCase.ConvertName(day.ToString()));
            }

            json.WriteEndArray();
        }

        json.WriteEndObject();
    }

    private static void WritePeriod(Utf8JsonWriter json, PricePeriod period, List<(string Region, decimal Multiple)> regions)
    {
        json.WriteStartObject();
        WriteText(json, "from", Text(period.From));
        WriteText(json, "until", Text(period.Until));
        WriteText(json, "region", period.Region);
        if (period.Daily is { } daily)
        {
            WriteWindow(json, daily);
        }

        RateCard standard = period.Price.StandardCard;
        WriteCard(json, standard);
        if (standard is { Mode: PriceBracketMode.Marginal, Brackets.Length: > 0 })
        {
            json.WriteString("bracketMode", JsonNamingPolicy.CamelCase.ConvertName(nameof(PriceBracketMode.Marginal)));
        }

        if (period.Price.TierCards.Length > 0)
        {
            json.WriteStartObject("tiers");
            foreach ((string name, RateCard card) in period.Price.TierCards)
            {
                if (MultipleOf(standard, card) is { } multiple)
                {
                    json.WriteNumber(name, Short(multiple));
                    continue;
                }

                json.WriteStartObject(name);
                WriteCard(json, card);
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        WriteFees(json, period.Price);
        if (regions.Count > 0)
        {
            json.WriteStartObject("regions");
            foreach ((string region, decimal multiple) in regions)
            {
                json.WriteNumber(region, Short(multiple));
            }

            json.WriteEndObject();
        }

        if (period.Source is { } source)
        {
            if (source.CheckedOn is { } day)
            {
                json.WriteString("source", $"{JsonNamingPolicy.CamelCase.ConvertName(source.Confidence.ToString())} {Text(day)} {source.Name}");
            }
            else
            {
                json.WriteStartObject("source");
                json.WriteString("name", source.Name);
                json.WriteString("confidence", JsonNamingPolicy.CamelCase.ConvertName(source.Confidence.ToString()));
                json.WriteEndObject();
            }
        }

        json.WriteEndObject();
    }

    /// <summary>Returns the regions whose price is a multiple of a price for every region, and adds their periods to a set.</summary>
    private static List<(string Region, decimal Multiple)> Multiplied(PricePeriod period, IReadOnlyList<PricePeriod> all, HashSet<PricePeriod> multiplied)
    {
        var regions = new List<(string, decimal)>();
        foreach (PricePeriod other in period.Region is null && period.Price.InputPerMillion > 0m ? all : [])
        {
            decimal multiple = decimal.Round(other.Price.InputPerMillion / period.Price.InputPerMillion, 6);
            if (other.Region is not null && other with { Region = null, Price = period.Price } == period && multiple is > 0m and <= 100m
                && !regions.Exists(region => region.Item1 == other.Region) && period.Price.Times(multiple) == other.Price)
            {
                regions.Add((other.Region, multiple));
                multiplied.Add(other);
            }
        }

        return regions;
    }

    /// <summary>Returns the number by which a tier multiplies all standard prices and brackets; null if there is none.</summary>
    private static decimal? MultipleOf(RateCard standard, RateCard tier)
    {
        if (standard.Rates.PerMillion(PriceComponent.Input) is not (> 0m and var input))
        {
            return null;
        }

        decimal multiple = tier.Rates.PerMillion(PriceComponent.Input) / input;
        return multiple is > 0m and <= 100m && decimal.Round(multiple, 6) == multiple && standard.Times(multiple).Equals(tier) ? multiple : null;
    }

    private static void WriteCard(Utf8JsonWriter json, RateCard card)
    {
        WriteRates(json, card.Rates, withOutput: true);
        PriceBracket[] stated = [.. card.Brackets.Where(bracket => !bracket.IsAssumed)];
        if (stated.Length == 0)
        {
            return;
        }

        json.WriteStartArray("brackets");
        foreach (PriceBracket bracket in stated)
        {
            json.WriteStartObject();
            json.WriteNumber("aboveInputTokens", bracket.AboveInputTokens);
            WriteRates(json, bracket.Rates, withOutput: card.Mode == PriceBracketMode.WholeRequest);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteRates(Utf8JsonWriter json, TokenRates rates, bool withOutput)
    {
        for (int i = 0; i < (withOutput ? TokenRates.Count : (int)PriceComponent.Output); i++)
        {
            var component = (PriceComponent)i;
            if (rates.IsStated(component))
            {
                json.WriteNumber(PriceComponentNames.Of(component), Short(rates.PerMillion(component)));
            }
        }
    }

    private static void WriteFees(Utf8JsonWriter json, ModelPrice price)
    {
        PriceComponent[] stated = [.. Enum.GetValues<PriceComponent>().Where(component => component is >= PriceComponent.Request and < PriceComponent.Stated && price.PriceOf(component) is not null)];
        if (stated.Length == 0)
        {
            return;
        }

        json.WriteStartObject("fees");
        foreach (PriceComponent component in stated)
        {
            json.WriteNumber(PriceComponentNames.Of(component), Short(price.PriceOf(component)!.Value));
        }

        json.WriteEndObject();
    }

    // 2.50 and 2.5 are the same price, so the file always has the shorter form.
    private static decimal Short(decimal value) => value / 1.000000000000000000000000000000000m;

    private static string? Text(DateTimeOffset? time) => time switch
    {
        null => null,
        { UtcDateTime.TimeOfDay.Ticks: 0 } day => day.UtcDateTime.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
        { } instant => instant.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture),
    };

    private static string? Text(DateOnly? date) => date?.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    private static void WriteText(Utf8JsonWriter json, string name, string? value)
    {
        if (value is not null)
        {
            json.WriteString(name, value);
        }
    }
}
