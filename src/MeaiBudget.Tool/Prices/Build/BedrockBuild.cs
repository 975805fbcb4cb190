using System.Text.RegularExpressions;

namespace MeaiBudget.Tool;

/// <summary>Builds Bedrock's models: one for each model, with the prices of its regions, which the ids name by their beginning.</summary>
internal static partial class BedrockBuild
{
    internal static List<PricedModel> Build(PriceBuild build, PriceStatement[] stated)
    {
        List<PricedModel> models = [];
        ILookup<string, PriceStatement> ofRegions = stated.Where(statement => statement.Region is not null).ToLookup(statement => Bare(statement.Id).ToLowerInvariant());
        foreach (IGrouping<string, PriceStatement> group in stated.Where(statement => statement.Region is null && !statement.Id.Contains('/', StringComparison.Ordinal)).GroupBy(statement => Bare(statement.Id).ToLowerInvariant()))
        {
            if (group.All(statement => statement.Source.IsOpinion))
            {
                continue;
            }

            var regions = new Dictionary<string, PricedModel>(StringComparer.OrdinalIgnoreCase);
            foreach (IGrouping<string, PriceStatement> region in group.GroupBy(statement => RegionOf(statement.Id) ?? ""))
            {
                if (region.Any(statement => !statement.Source.IsOpinion) && build.Merge(ProviderNames.Bedrock, (region.Key.Length == 0 ? "" : region.Key + ".") + Bare(region.First().Id), [.. region]) is { } merged)
                {
                    regions[region.Key] = merged;
                }
            }

            if (regions.Count == 0)
            {
                continue;
            }

            // An id without a region costs what sources say of it; if they do not, as much as in the dearest region.
            PricedModel main = regions.GetValueOrDefault("") ?? regions.Values.MaxBy(model => model.Periods[^1].Price.InputPerMillion)!;
            PricedModel Named(PricedModel model) => model with { ModelId = Bare(group.First().Id) };
            PricePeriod[] regional = [.. regions.Where(entry => entry.Key.Length > 0 && !SamePrices(entry.Value, main))
                .OrderBy(entry => entry.Key, StringComparer.Ordinal).SelectMany(entry => entry.Value.Periods.Select(period => period with { Region = entry.Key }))];
            string[] ids = [.. group.Select(statement => Region().Replace(statement.Id, "")).Distinct(StringComparer.OrdinalIgnoreCase).Where(id => !id.Equals(Bare(id), StringComparison.OrdinalIgnoreCase))];
            models.Add(build.WithRules(Named(main) with
            {
                Aliases = ids,
                Limits = PriceBuild.LimitsOf([.. group]),
                Periods = [.. main.Periods, .. regional, .. OfCloudRegions([.. ofRegions[group.Key]], [.. group], main)],
            }));
        }

        return models;
    }

    /// <summary>Returns the prices of single regions (<c>eu-west-2</c>) that differ from the price without a region, here and in the source that states them.</summary>
    private static IEnumerable<PricePeriod> OfCloudRegions(PriceStatement[] stated, PriceStatement[] everywhere, PricedModel main) => stated
        .Where(statement => !ConsensusPrice.SamePair(statement.Price, main.Periods[^1].Price)
            && !everywhere.Any(other => other.Source == statement.Source && RegionOf(other.Id) is null && ConsensusPrice.SamePair(other.Price, statement.Price)))
        .DistinctBy(statement => statement.Region)
        .OrderBy(statement => statement.Region, StringComparer.Ordinal)
        .Select(statement => new PricePeriod(statement.Price)
        {
            Region = statement.Region,
            Source = new PriceSource(statement.Source.Code, statement.Source.Date, PriceConfidence.SingleSource),
        });

    private static bool SamePrices(PricedModel one, PricedModel other) =>
        one.Periods.Count == other.Periods.Count && one.Periods.Zip(other.Periods).All(pair => pair.First.Price == pair.Second.Price && pair.First.From == pair.Second.From);

    private static string Bare(string id) => Version().Replace(Region().Replace(id, ""), "");

    // genai-prices names all regional endpoints by one word.
    private static string? RegionOf(string id) => Region().Match(id) is { Success: true } match && match.Groups["region"].Value is not "regional" and var region ? region.ToLowerInvariant() : null;

    [GeneratedRegex(@"^(?<region>us-gov|us|eu|apac|jp|au|ca|global|regional)\.", RegexOptions.IgnoreCase)]
    private static partial Regex Region();

    [GeneratedRegex(@"(?:-v\d+)?(?::\d+)?$")]
    private static partial Regex Version();
}
