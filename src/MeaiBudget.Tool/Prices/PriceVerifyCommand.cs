using System.CommandLine;
using System.Text;
using System.Text.Json;

namespace MeaiBudget.Tool;

/// <summary><c>prices verify</c>: fails if a configured model has no price, or a price that nobody reviewed.</summary>
internal static class PriceVerifyCommand
{
    internal static Command Create()
    {
        var settings = new Option<FileInfo>("--settings") { Description = "The application's settings; the models are those of MeaiBudget:Routes.", DefaultValueFactory = _ => new FileInfo("appsettings.json") };
        var models = new Option<string[]>("--model") { Description = "A further model, as provider/id; may be repeated.", AllowMultipleArgumentsPerToken = true };
        var file = new Option<FileInfo?>("--file") { Description = $"The price file over the package's catalog; {PriceUpdateCommand.DefaultFile} if it exists." };
        var lockFile = new Option<FileInfo>("--lock") { Description = "The lock file.", DefaultValueFactory = _ => new FileInfo(PriceLock.DefaultFile) };
        var accept = new Option<bool>("--accept") { Description = "Write the lock file: the prices of today were reviewed." };
        var command = new Command("verify", "Fail with exit code 1 if a configured model has no price, or its price changed since it was reviewed.") { settings, models, file, lockFile, accept };
        command.SetAction(parsed => PricesOutput.Run(parsed, isJson: false, output =>
        {
            FileInfo? prices = parsed.GetValue(file) ?? (File.Exists(PriceUpdateCommand.DefaultFile) ? new FileInfo(PriceUpdateCommand.DefaultFile) : null);
            PriceCatalog catalog = prices is null ? PriceCatalog.Default : PriceCatalog.Default.With(output.Load(prices.FullName));
            string[] configured = [.. Configured(parsed.GetValue(settings)!).Concat(parsed.GetValue(models)!).Distinct(StringComparer.Ordinal)];
            return Verify(output, catalog, configured, parsed.GetValue(lockFile)!.FullName, parsed.GetValue(accept));
        }));
        return command;
    }

    internal static int Verify(PricesOutput output, PriceCatalog catalog, string[] configured, string lockFile, bool isAccepted)
    {
        if (configured.Length == 0)
        {
            output.Line("No model is configured. Name the settings with --settings, or models with --model provider/id.");
            return 1;
        }

        var prices = new SortedDictionary<string, string>(StringComparer.Ordinal);
        List<string> faults = [];
        foreach (string model in configured)
        {
            PriceResolution found = Resolve(catalog, model);
            if (!found.IsKnown)
            {
                faults.Add($"{model}: {(found.Match == PriceMatch.Inferred ? $"the price is only inferred from {found.ModelId}" : "no price is known")}");
                continue;
            }

            prices[model] = Text(found);
        }

        if (!isAccepted)
        {
            faults.AddRange(Changes(prices, lockFile));
        }

        foreach (string fault in faults)
        {
            output.Line(fault);
        }

        if (isAccepted && faults.Count == 0)
        {
            new PriceLock(catalog.Digest, catalog.Date?.ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture), prices).Save(lockFile);
        }

        output.Line($"{configured.Length} models, {faults.Count} faults{PriceReports.AsOf(catalog, TimeProvider.System.GetUtcNow())}.{(isAccepted && faults.Count == 0 ? $" Written to {Path.GetFileName(lockFile)}." : "")}");
        return faults.Count == 0 ? 0 : 1;
    }

    private static IEnumerable<string> Changes(SortedDictionary<string, string> prices, string lockFile)
    {
        if (!File.Exists(lockFile))
        {
            yield return $"{Path.GetFileName(lockFile)} does not exist, so the prices were not reviewed. Run 'meaibudget prices verify --accept' and commit the file.";
            yield break;
        }

        var reviewed = PriceLock.Load(lockFile);
        foreach ((string model, string price) in prices)
        {
            string? before = reviewed.Models.GetValueOrDefault(model);
            if (before != price)
            {
                yield return before is null ? $"{model}: the price was not reviewed: {price}" : $"{model}: the price changed since it was reviewed: {before} -> {price}";
            }
        }
    }

    private static PriceResolution Resolve(PriceCatalog catalog, string model)
    {
        int slash = model.IndexOf('/', StringComparison.Ordinal);
        return slash > 0 && ProviderNames.IsKnown(model[..slash]) ? catalog.Resolve(model[(slash + 1)..], model[..slash]) : catalog.Resolve(model);
    }

    /// <summary>Returns everything that a price states, as one line.</summary>
    private static string Text(PriceResolution found)
    {
        ModelPrice price = found.Price!;
        var text = new StringBuilder($"{found.Provider ?? "*"}/{found.ModelId}:");
        foreach (PriceComponent component in Enum.GetValues<PriceComponent>().Where(component => component < PriceComponent.Stated))
        {
            if (price.PriceOf(component) is { } amount)
            {
                text.Append($" {PriceComponentNames.Of(component)} {PricesOutput.Text(amount)}");
            }
        }

        foreach (PriceBracket bracket in price.StandardCard.Brackets)
        {
            text.Append($" above {bracket.AboveInputTokens} {PricesOutput.Text(bracket.Rates.PerMillion(PriceComponent.Input))}/{PricesOutput.Text(bracket.Rates.PerMillion(PriceComponent.Output))}");
        }

        foreach (string tier in price.ServiceTierNames)
        {
            text.Append($" {tier} {PricesOutput.Text(price.PriceOf(PriceComponent.Input, tier))}/{PricesOutput.Text(price.PriceOf(PriceComponent.Output, tier))}");
        }

        return text.ToString();
    }

    private static List<string> Configured(FileInfo settings)
    {
        List<string> models = [];
        if (!settings.Exists)
        {
            return models;
        }

        try
        {
            using var json = JsonDocument.Parse(File.ReadAllBytes(settings.FullName), new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
            JsonElement root = Property(json.RootElement, "MeaiBudget") ?? json.RootElement;
            foreach (JsonProperty route in Property(root, "Routes") is { ValueKind: JsonValueKind.Object } routes ? routes.EnumerateObject() : [])
            {
                if (Property(route.Value, "Model") is { ValueKind: JsonValueKind.String } model && Property(route.Value, "Local") is not { ValueKind: JsonValueKind.True })
                {
                    string? provider = Property(route.Value, "Provider")?.ToString();
                    models.Add(provider is not null && ProviderNames.IsKnown(provider) ? $"{provider}/{model.GetString()}" : model.GetString()!);
                }
            }
        }
        catch (JsonException exception)
        {
            throw new PriceCatalogException(settings.Name, exception.LineNumber + 1, $"It is not valid JSON: {JsonFault.Reason(exception)}", exception);
        }

        return models;
    }

    private static JsonElement? Property(JsonElement value, string name)
    {
        foreach (JsonProperty property in value.ValueKind == JsonValueKind.Object ? value.EnumerateObject() : default)
        {
            if (property.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
            {
                return property.Value;
            }
        }

        return null;
    }
}
