using System.Text.Json;
using System.Text.RegularExpressions;

namespace MeaiBudget.Tool;

/// <summary>The decision list of the catalog: its sources, what is left out, what was decided where sources differ, and the entries that no source has.</summary>
internal sealed class BuildDecisions
{
    private BuildDecisions(JsonElement root, PriceCatalog written)
    {
        Version = root.GetProperty("version").GetString()!;
        Date = DateOnly.Parse(root.GetProperty("date").GetString()!, System.Globalization.CultureInfo.InvariantCulture);
        Sources = [.. root.GetProperty("sources").EnumerateArray().Select(source => new SourceDescription(
            Text(source, "code")!, Text(source, "file")!, Text(source, "format")!, Text(source, "family") ?? Text(source, "code")!,
            DateOnly.Parse(Text(source, "date")!, System.Globalization.CultureInfo.InvariantCulture), Text(source, "origin")!,
            source.TryGetProperty("opinion", out JsonElement opinion) && opinion.GetBoolean())
        {
            Providers = source.TryGetProperty("providers", out JsonElement providers)
                ? providers.EnumerateObject().ToDictionary(entry => entry.Name, entry => entry.Value.GetString()!)
                : new Dictionary<string, string>(),
        })];
        OtherSources = root.TryGetProperty("otherSources", out JsonElement other) ? other.EnumerateObject().ToDictionary(entry => entry.Name, entry => entry.Value.GetString()!) : [];
        Providers = [.. root.GetProperty("providers").EnumerateArray().Select(name => name.GetString()!)];
        LeftOut = [.. Items(root, "leaveOut").Select(item => (Text(item, "provider"), new Regex(Text(item, "pattern")!, RegexOptions.IgnoreCase)))];
        NeedsTwo = Items(root, "needsTwo").Select(item => (Text(item, "provider")!, Text(item, "source")!)).ToHashSet();
        Prices = Items(root, "decisions").ToDictionary(item => (Text(item, "provider")!, Text(item, "id")!.ToLowerInvariant()), item => new PriceDecision(
            Text(item, "take"),
            item.TryGetProperty("cachedInput", out JsonElement cached) ? (cached.ValueKind == JsonValueKind.Number ? cached.GetDecimal() : -1m) : null,
            Text(item, "brackets"),
            item.TryGetProperty("tiers", out JsonElement tiers) ? tiers.EnumerateObject().ToDictionary(tier => tier.Name, tier => tier.Value.GetDecimal()) : [],
            item.TryGetProperty("ids", out JsonElement ids) ? [.. ids.EnumerateArray().Select(alias => alias.GetString()!)] : [],
            Text(item, "reason")!));
        Rules = [.. Items(root, "rules").Select(item => new PriceRule(
            Text(item, "provider")!,
            new Regex(Text(item, "pattern") ?? "", RegexOptions.IgnoreCase),
            Text(item, "except") is { } except ? new Regex(except, RegexOptions.IgnoreCase) : null,
            Amounts(item, "tiers"), Amounts(item, "regions"), Amounts(item, "fees")))];
        Written = written.Models;
    }

    internal string Version { get; }

    internal DateOnly Date { get; }

    internal IReadOnlyList<SourceDescription> Sources { get; }

    /// <summary>Gets the sources that are read by people, such as a provider's page, by the code that entries use.</summary>
    internal IReadOnlyDictionary<string, string> OtherSources { get; }

    internal IReadOnlyList<string> Providers { get; }

    internal IReadOnlyList<(string? Provider, Regex Pattern)> LeftOut { get; }

    /// <summary>Gets the sources whose word alone is not enough for an id of a provider.</summary>
    internal IReadOnlySet<(string Provider, string Source)> NeedsTwo { get; }

    internal IReadOnlyDictionary<(string Provider, string Id), PriceDecision> Prices { get; }

    internal IReadOnlyList<PriceRule> Rules { get; }

    /// <summary>Gets the entries that were written by hand, which replace what the sources say.</summary>
    internal IReadOnlyList<PricedModel> Written { get; }

    /// <summary>Reads the list.</summary>
    /// <exception cref="PriceCatalogException">An entry written by hand is invalid.</exception>
    internal static BuildDecisions Load(string path)
    {
        using var json = JsonDocument.Parse(File.ReadAllBytes(path), new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
        JsonElement root = json.RootElement.Clone();
        var file = new MemoryStream();
        using (var writer = new Utf8JsonWriter(file))
        {
            writer.WriteStartObject();
            writer.WriteString("format", PriceCatalogFormat.Name);
            writer.WritePropertyName("models");
            root.GetProperty("models").WriteTo(writer);
            writer.WriteEndObject();
        }

        file.Position = 0;
        return new BuildDecisions(root, PriceCatalog.Load(file, path + " (models)"));
    }

    private static JsonElement.ArrayEnumerator Items(JsonElement root, string name) => root.TryGetProperty(name, out JsonElement list) ? list.EnumerateArray() : default;

    private static Dictionary<string, decimal> Amounts(JsonElement item, string name) =>
        item.TryGetProperty(name, out JsonElement amounts) ? amounts.EnumerateObject().ToDictionary(amount => amount.Name, amount => amount.Value.GetDecimal()) : [];

    private static string? Text(JsonElement item, string name) => item.TryGetProperty(name, out JsonElement text) ? text.GetString() : null;
}
