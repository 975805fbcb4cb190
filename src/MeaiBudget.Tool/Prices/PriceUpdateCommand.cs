using System.CommandLine;

namespace MeaiBudget.Tool;

/// <summary><c>prices update</c>: fetches newer prices, shows what differs, and writes a file of them after confirmation.</summary>
internal static class PriceUpdateCommand
{
    internal const string DefaultFile = "meaibudget.prices.json";

    // Only the projects' own addresses: copies of these files with changed prices are in circulation.
    private static readonly Dictionary<string, string> Origins = new(StringComparer.OrdinalIgnoreCase)
    {
        ["litellm"] = "https://raw.githubusercontent.com/BerriAI/litellm/main/model_prices_and_context_window.json",
        ["genai-prices"] = "https://raw.githubusercontent.com/pydantic/genai-prices/main/prices/new_data/v2/data.json",
    };

    internal static Command Create()
    {
        var from = new Option<string>("--from") { Description = "The source: litellm, genai-prices, a URL or a file.", DefaultValueFactory = _ => "genai-prices" };
        var output = new Option<FileInfo>("--output") { Description = "The price file to write, for PriceFile in the configuration.", DefaultValueFactory = _ => new FileInfo(DefaultFile) };
        var provider = new Option<string[]>("--provider") { Description = "Take only this provider's prices; may be repeated.", AllowMultipleArgumentsPerToken = true };
        var factor = new Option<decimal>("--largest-change") { Description = "The factor beyond which a change is suspicious.", DefaultValueFactory = _ => 5m };
        var yes = new Option<bool>("--yes") { Description = "Write the file. Without it, only show what differs." };
        var command = new Command("update", "Fetch newer prices, show what differs from those in use, and write them to a file after --yes. Exit code 1 if nothing was written or a change is suspicious.") { from, output, provider, factor, yes };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            string source = parsed.GetValue(from)!;
            try
            {
                PriceCatalog fetched = await FetchAsync(source, cancellationToken);
                return PricesOutput.Run(parsed, isJson: false, lines =>
                    Update(lines, fetched, parsed.GetValue(output)!, [.. parsed.GetValue(provider)!.Select(name => ProviderNames.Canonical(name)!)], parsed.GetValue(factor), parsed.GetValue(yes)));
            }
            catch (Exception exception) when (exception is PriceCatalogException or HttpRequestException or IOException or UnauthorizedAccessException)
            {
                await parsed.InvocationConfiguration.Error.WriteLineAsync($"The prices of '{source}' were not read, and nothing was written: {exception.Message}");
                return 1;
            }
        });
        return command;
    }

    /// <summary>Shows what differs from the prices in use (the package's with the file over them), and writes the file if that is confirmed.</summary>
    internal static int Update(PricesOutput output, PriceCatalog fetched, FileInfo file, string[] providers, decimal largest, bool isConfirmed)
    {
        PriceCatalog used = file.Exists ? PriceCatalog.Default.WithModels(output.Load(file.FullName).Models) : PriceCatalog.Default;
        PricedModel[] taken = [.. fetched.Models.Where(model => providers.Length == 0 || providers.Contains(ProviderNames.Canonical(model.Provider)))];
        var next = PriceCatalog.Create(taken, fetched.Info);
        Dictionary<(string? Provider, string Id), PricedModel> known = PriceChange.ByKey(used);
        Dictionary<(string? Provider, string Id), PricedModel> listed = PriceChange.ByKey(next);
        PriceChange[] changes = [.. PriceChange.Between(used, next, TimeProvider.System.GetUtcNow()).Where(change => change is { Before: not null, After: not null })];
        PriceChange[] suspicious = [.. changes.Where(change => change.Factor > largest || change.After == 0m || change.After < change.Before / 2m)];
        HashSet<string?> here = [.. listed.Keys.Select(key => key.Provider)];

        Show(output, "New", listed.Keys.Except(known.Keys).Select(Name));
        Show(output, "Gone (kept as they are)", known.Keys.Except(listed.Keys).Where(key => here.Contains(key.Provider)).Select(Name));
        Show(output, "Dearer", changes.Where(change => change.After > change.Before).Select(change => change.ToString()));
        Show(output, "Cheaper", changes.Where(change => change.After < change.Before).Select(change => change.ToString()));
        Show(output, $"Suspicious (more than {largest} times, or below half)", suspicious.Select(change => change.ToString()));
        if (!isConfirmed)
        {
            output.Line($"Nothing was written. Add --yes to write these prices to {file.Name}.");
            return 1;
        }

        HashSet<(string?, string)> changed = [.. changes.Select(change => (change.Provider, change.ModelId.ToLowerInvariant()))];
        PricedModel[] written = [.. listed.Where(entry => !known.ContainsKey(entry.Key) || changed.Contains(entry.Key)).Select(entry => entry.Value with { Patterns = [], IsOverride = false })];
        Dictionary<(string? Provider, string Id), PricedModel> all = file.Exists ? PriceChange.ByKey(output.Load(file.FullName)) : [];
        foreach (PricedModel model in written)
        {
            all[(model.Provider, model.ModelId.ToLowerInvariant())] = model;
        }

        using (FileStream stream = file.Create())
        {
            PriceCatalog.Create([.. all.Values], fetched.Info with { Date = fetched.Date ?? DateOnly.FromDateTime(TimeProvider.System.GetUtcNow().UtcDateTime), Notes = [] }).Save(stream);
        }

        output.Line($"{written.Length} models were written to {file.FullName}. Set \"PriceFile\" to it, and run 'meaibudget prices verify --accept' to record what was reviewed.");
        return suspicious.Length > 0 ? 1 : 0;
    }

    private static async Task<PriceCatalog> FetchAsync(string source, CancellationToken cancellationToken)
    {
        string place = Origins.GetValueOrDefault(source, source);
        if (!Uri.TryCreate(place, UriKind.Absolute, out Uri? url) || url.Scheme is not ("http" or "https"))
        {
            return PriceCatalog.Load(place);
        }

        using var client = new HttpClient { Timeout = TimeSpan.FromMinutes(1) };
        return await new DownloadedPrices(client, url, new PriceCatalogSourceOptions().LargestDownload).LoadAsync(cancellationToken);
    }

    private static string Name((string? Provider, string Id) key) => key.Provider is null ? key.Id : $"{key.Provider} {key.Id}";

    private static void Show(PricesOutput output, string title, IEnumerable<string> lines)
    {
        const int Most = 40;
        string[] all = [.. lines];
        output.Line($"{title}: {all.Length}");
        foreach (string line in all.Take(Most))
        {
            output.Line("  " + line);
        }

        if (all.Length > Most)
        {
            output.Line($"  and {all.Length - Most} more");
        }
    }
}
