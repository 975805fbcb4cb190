using System.Globalization;

namespace MeaiBudget.Tool;

/// <summary>Output of the <c>prices</c> commands, as tables or JSON. Each method returns the exit code.</summary>
internal static class PriceReports
{
    private const int OldDays = 60;

    private static readonly PriceComponent[] Shown =
        [PriceComponent.Input, PriceComponent.CachedInput, PriceComponent.CacheWrite, PriceComponent.CacheWriteOneHour, PriceComponent.Output];

    internal static int List(PricesOutput output, PriceCatalog catalog, PriceListQuery query)
    {
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        (PricedModel Model, PricePeriod Period)[] rows = [.. query.Of(catalog, now)];
        if (output.IsJson)
        {
            output.Json(rows.Select(row => new { row.Model.Provider, id = row.Model.ModelId, row.Model.Limits, price = Describe(row.Period) }));
            return 0;
        }

        output.Line($"{rows.Length} models, US dollars per million tokens{AsOf(catalog, now)}.");
        output.Table(
            ["provider", "model", "input", "cached", "write 5m", "write 1h", "output", "brackets", "context", "max output", "source"],
            rows.Select(row => (string?[])
            [
                row.Model.Provider,
                row.Model.ModelId,
                .. Shown.Select(component => PricesOutput.Text(row.Period.Price.PriceOf(component))),
                Brackets(row.Period.Price),
                row.Model.Limits?.ContextWindow?.ToString(CultureInfo.InvariantCulture),
                row.Model.Limits?.MaxOutputTokens?.ToString(CultureInfo.InvariantCulture),
                SourceOf(row.Period),
            ]));
        return 0;
    }

    /// <summary>Returns the date, age and digest of a catalog, for the head of a report.</summary>
    internal static string AsOf(PriceCatalog catalog, DateTimeOffset now)
    {
        if (catalog.Date is not { } date)
        {
            return "";
        }

        int days = (int)(now - new DateTimeOffset(date, TimeOnly.MinValue, TimeSpan.Zero)).TotalDays;
        return $", as of {date:yyyy-MM-dd} ({days} days old{(days > OldDays ? "; run 'meaibudget prices update' or update the package" : "")}), digest {catalog.Digest}";
    }

    internal static int Find(PricesOutput output, PriceCatalog catalog, string id, string? provider, DateOnly? at)
    {
        DateTimeOffset time = at is { } day ? new DateTimeOffset(day, TimeOnly.MinValue, TimeSpan.Zero) : TimeProvider.System.GetUtcNow();
        (IReadOnlyList<string> steps, PriceResolution found) = catalog.Explain(id, provider, time);
        int exitCode = found.Match == PriceMatch.Unknown ? 1 : 0;
        if (output.IsJson)
        {
            output.Json(new
            {
                asked = id,
                match = found.Match.ToString(),
                found.Provider,
                id = found.ModelId,
                found.Region,
                found.Limits,
                price = found.Price is { } known ? Describe(new PricePeriod(known) { Source = found.Source, Region = found.Region }) : null,
                steps,
                warnings = PriceWarnings.Of(found),
                advice = found.AdviceFor(id),
            });
            return exitCode;
        }

        for (int i = 0; i < steps.Count; i++)
        {
            output.Line($"{i + 1,3}. {steps[i]}");
        }

        if (found.Price is { } price)
        {
            output.Line("");
            output.Line($"{found.ModelId}{(found.Provider is null ? "" : " of " + found.Provider)}, US dollars per million tokens (fees: for one use):");
            output.Table(["component", "standard", .. price.ServiceTierNames], Components(price).Select(component => (string?[])
            [
                PriceComponentNames.Of(component), PricesOutput.Text(price.PriceOf(component)), .. price.ServiceTierNames.Select(tier => component <= PriceComponent.OutputImage ? PricesOutput.Text(price.PriceOf(component, tier)) : null),
            ]));
            if (Brackets(price) is { Length: > 0 } brackets)
            {
                output.Line("Long context, input/output: " + brackets);
            }

            output.Line($"Source: {found.Source?.Name ?? "the application"}{(found.Source?.CheckedOn is { } date ? $", {date:yyyy-MM-dd}" : "")}{(found.Source is null ? "" : ", " + found.Source.Confidence)}.");
        }

        foreach (string warning in PriceWarnings.Of(found))
        {
            output.Line("Warning: " + warning);
        }

        if (found.AdviceFor(id) is { } advice)
        {
            output.Line(advice);
        }

        return exitCode;
    }

    internal static int Check(PricesOutput output, string file, string against, decimal largest)
    {
        PriceCatalog catalog = output.Load(file);
        PriceChange[] changes = [.. PriceChange.Between(output.Load(against), catalog, TimeProvider.System.GetUtcNow())];
        PriceChange[] suspicious = [.. changes.Where(change => change.Factor > largest)];
        string[] odd = [.. Oddities(catalog).Except(Oddities(output.Load(against)))];
        int exitCode = suspicious.Length + odd.Length > 0 ? 1 : 0;
        if (output.IsJson)
        {
            output.Json(new { refused = false, models = catalog.Models.Count, differences = changes.Length, suspicious = suspicious.Select(Describe), odd, catalog.Info.Notes, disagreements = catalog.Info.Disagreements });
            return exitCode;
        }

        output.Line($"{catalog.Models.Count} models read; {catalog.Info.Notes.Count} entries without a usable price; {catalog.Info.Disagreements.Count} disagreements of sources listed; {changes.Length} prices differ from {against}.");
        Section(output, "More than {0} times dearer or cheaper:", largest, suspicious.Select(change => change.ToString()));
        Section(output, "Unusual:", largest, odd);
        return exitCode;
    }

    internal static int Diff(PricesOutput output, PriceCatalog before, PriceCatalog after)
    {
        Dictionary<(string? Provider, string Id), PricedModel> old = PriceChange.ByKey(before);
        Dictionary<(string? Provider, string Id), PricedModel> next = PriceChange.ByKey(after);
        string[] added = [.. next.Keys.Except(old.Keys).Select(Name)];
        string[] removed = [.. old.Keys.Except(next.Keys).Select(Name)];
        PriceChange[] changed = [.. PriceChange.Between(before, after, TimeProvider.System.GetUtcNow())];
        string[] other = [.. next.Where(model => old.TryGetValue(model.Key, out PricedModel? was) && !was.Periods.SequenceEqual(model.Value.Periods)).Select(model => Name(model.Key))
            .Except(changed.Select(change => Name((change.Provider, change.ModelId))))];
        int exitCode = added.Length + removed.Length + changed.Length + other.Length > 0 ? 1 : 0;
        if (output.IsJson)
        {
            output.Json(new { added, removed, changed = changed.Select(Describe), otherwiseChanged = other });
            return exitCode;
        }

        Section(output, "Added:", 0, added);
        Section(output, "Removed:", 0, removed);
        Section(output, "Changed, now:", 0, changed.Select(change => change.ToString()));
        Section(output, "Changed in brackets, tiers, source or start date:", 0, other);
        output.Line($"{added.Length} added, {removed.Length} removed, {changed.Length} prices changed.");
        return exitCode;
    }

    internal static int History(PricesOutput output, PriceCatalog catalog, string id, string? provider)
    {
        PriceResolution found = catalog.Explain(id, provider).Resolution;
        PricedModel? model = catalog.Models.LastOrDefault(candidate => candidate.Provider == found.Provider && candidate.ModelId == found.ModelId);
        if (model is null)
        {
            if (output.IsJson)
            {
                output.Json(new { asked = id, match = found.Match.ToString(), periods = Array.Empty<object>() });
            }
            else
            {
                output.Line(found.AdviceFor(id) ?? $"'{id}' is not listed.");
            }

            return 1;
        }

        if (output.IsJson)
        {
            output.Json(new { asked = id, match = found.Match.ToString(), model.Provider, id = model.ModelId, periods = model.Periods.Select(Describe) });
            return 0;
        }

        output.Line($"{model.ModelId}{(model.Provider is null ? "" : " of " + model.Provider)} ({found.Match}), US dollars per million tokens:");
        output.Table(
            ["from", "region", "input", "cached", "write 5m", "write 1h", "output", "brackets", "source"],
            model.Periods.OrderBy(period => period.From ?? DateTimeOffset.MinValue).Select(period => (string?[])
            [
                period.From is { } from ? from.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture) : "ever", period.Region ?? "any",
                .. Shown.Select(component => PricesOutput.Text(period.Price.PriceOf(component))), Brackets(period.Price), SourceOf(period),
            ]));
        return 0;
    }

    /// <summary>Finds prices that no provider has and that are likely mistakes.</summary>
    private static IEnumerable<string> Oddities(PriceCatalog catalog)
    {
        foreach (PricedModel model in catalog.Models)
        {
            foreach (ModelPrice price in model.Periods.Select(period => period.Price))
            {
                string name = Name((model.Provider, model.ModelId));
                if (price.PriceOf(PriceComponent.CachedInput) > price.InputPerMillion)
                {
                    yield return $"{name}: a cached token costs more than an uncached one";
                }

                if (price.PriceOf(PriceComponent.CacheWrite) < price.InputPerMillion)
                {
                    yield return $"{name}: a cache write costs less than input";
                }

                if (price.InputPerMillion > 1_000m || price.OutputPerMillion > 1_000m)
                {
                    yield return $"{name}: more than 1,000 US dollars per million tokens; check the unit";
                }

                if (price is { InputPerMillion: > 0m and < 0.001m } or { OutputPerMillion: > 0m and < 0.001m })
                {
                    yield return $"{name}: less than a tenth of a cent per million tokens; check the unit";
                }

                if (price.IsFree)
                {
                    yield return $"{name}: costs nothing";
                }
            }
        }
    }

    private static IEnumerable<PriceComponent> Components(ModelPrice price) =>
        Enum.GetValues<PriceComponent>().Where(component => component < PriceComponent.Stated && price.PriceOf(component) is not null);

    private static string Brackets(ModelPrice price) => string.Join(", ", price.StandardCard.Brackets.Select(bracket =>
        $"above {bracket.AboveInputTokens}: {PricesOutput.Text(bracket.Rates.PerMillion(PriceComponent.Input))}/{PricesOutput.Text(bracket.Rates.PerMillion(PriceComponent.Output))}"));

    private static string? SourceOf(PricePeriod period) =>
        period.Source is { } source ? $"{source.Name}{(source.CheckedOn is { } date ? $" {date:yyyy-MM-dd}" : "")} {source.Confidence}" : null;

    private static string Name((string? Provider, string Id) key) => key.Provider is null ? key.Id : $"{key.Provider} {key.Id}";

    private static void Section(PricesOutput output, string title, decimal number, IEnumerable<string> lines)
    {
        string[] all = [.. lines];
        if (all.Length == 0)
        {
            return;
        }

        output.Line(string.Format(CultureInfo.InvariantCulture, title, number));
        foreach (string line in all)
        {
            output.Line("  " + line);
        }
    }

    private static object Describe(PriceChange change) =>
        new { change.Provider, id = change.ModelId, change.Region, component = PriceComponentNames.Of(change.Component), change.Before, change.After, factor = change.Factor is { } factor ? Math.Round(Math.Min(factor, 1_000_000m), 3) : (decimal?)null };

    private static object Describe(PricePeriod period) => new
    {
        from = period.From?.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
        period.Region,
        perMillionTokens = Components(period.Price).Where(component => component <= PriceComponent.OutputImage).ToDictionary(PriceComponentNames.Of, component => period.Price.PriceOf(component)),
        fees = Components(period.Price).Where(component => component > PriceComponent.OutputImage).ToDictionary(PriceComponentNames.Of, component => period.Price.PriceOf(component)),
        brackets = period.Price.StandardCard.Brackets.Select(bracket => new { bracket.AboveInputTokens, input = bracket.Rates.PerMillion(PriceComponent.Input), output = bracket.Rates.PerMillion(PriceComponent.Output) }),
        tiers = period.Price.ServiceTierNames.ToDictionary(tier => tier, tier => new { input = period.Price.PriceOf(PriceComponent.Input, tier), output = period.Price.PriceOf(PriceComponent.Output, tier) }),
        source = period.Source is { } source ? new { source.Name, source.CheckedOn, confidence = source.Confidence.ToString() } : null,
    };
}
