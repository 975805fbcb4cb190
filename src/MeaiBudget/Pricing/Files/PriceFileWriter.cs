using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace MeaiBudget;

/// <summary>Writes this library's price format.</summary>
internal static class PriceFileWriter
{
    internal static void Write(PriceCatalog catalog, Stream stream)
    {
        using var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, NewLine = "\n" });
        json.WriteStartObject();
        json.WriteString("$schema", "price-catalog.schema.json");
        json.WriteString("format", PriceCatalogFormat.Name);
        WriteText(json, "version", catalog.Info.Version);
        WriteText(json, "date", Text(catalog.Info.Date));
        json.WriteString("currency", "USD");
        json.WriteStartObject("sources");
        foreach ((string name, string version) in catalog.Info.Sources)
        {
            json.WriteString(name, version);
        }

        json.WriteEndObject();
        json.WriteStartArray("disagreements");
        foreach (PriceDisagreement disagreement in catalog.Info.Disagreements)
        {
            WriteDisagreement(json, disagreement);
        }

        json.WriteEndArray();
        json.WriteStartArray("models");
        foreach (PricedModel model in catalog.Models)
        {
            WriteModel(json, model);
        }

        json.WriteEndArray();
        json.WriteEndObject();
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
            json.WriteStartObject("limits");
            WriteNumber(json, "contextWindow", limits.ContextWindow);
            WriteNumber(json, "maxOutputTokens", limits.MaxOutputTokens);
            json.WriteBoolean("reasoning", limits.IsReasoning);
            json.WriteEndObject();
        }

        json.WriteStartArray("prices");
        foreach (PricePeriod period in model.Periods)
        {
            WritePeriod(json, period);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WritePeriod(Utf8JsonWriter json, PricePeriod period)
    {
        json.WriteStartObject();
        WriteText(json, "from", period.From is { } from ? Text(DateOnly.FromDateTime(from.UtcDateTime)) : null);
        WriteText(json, "region", period.Region);
        if (period is { DailyFrom: { } start, DailyTo: { } end })
        {
            json.WriteStartObject("daily");
            json.WriteString("from", start.ToString("HH:mm", CultureInfo.InvariantCulture));
            json.WriteString("to", end.ToString("HH:mm", CultureInfo.InvariantCulture));
            json.WriteEndObject();
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
                json.WriteStartObject(name);
                WriteCard(json, card);
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        WriteFees(json, period.Price);
        if (period.Source is { } source)
        {
            json.WriteStartObject("source");
            json.WriteString("name", source.Name);
            WriteText(json, "checked", Text(source.CheckedOn));
            json.WriteString("confidence", JsonNamingPolicy.CamelCase.ConvertName(source.Confidence.ToString()));
            json.WriteEndObject();
        }

        json.WriteEndObject();
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

    private static string? Text(DateOnly? date) => date?.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    private static void WriteText(Utf8JsonWriter json, string name, string? value)
    {
        if (value is not null)
        {
            json.WriteString(name, value);
        }
    }

    private static void WriteNumber(Utf8JsonWriter json, string name, long? value)
    {
        if (value is { } number)
        {
            json.WriteNumber(name, number);
        }
    }
}
