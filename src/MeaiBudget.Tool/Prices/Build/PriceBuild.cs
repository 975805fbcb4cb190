using System.Globalization;

namespace MeaiBudget.Tool;

/// <summary>Puts the catalog together: what independent sources agree on, the decisions where they do not, the providers' rules, and the entries written by hand.</summary>
internal sealed class PriceBuild(BuildDecisions decisions, IEnumerable<PriceStatement> statements)
{
    private readonly List<PricedModel> _models = [];
    private readonly List<PriceDisagreement> _disagreements = [];

    internal PriceCatalog Run()
    {
        ILookup<string, PriceStatement> byProvider = statements.Where(IsTaken).ToLookup(statement => statement.Provider);
        foreach (string provider in decisions.Providers)
        {
            PriceStatement[] stated = [.. byProvider[provider]];
            List<PricedModel> models = provider == ProviderNames.Bedrock ? BedrockBuild.Build(this, stated) : Build(provider, stated);
            HashSet<string> written = [.. decisions.Written.Where(model => model.Provider == provider).SelectMany(Ids).Select(id => id.ToLowerInvariant())];
            models.RemoveAll(model => written.Contains(model.ModelId.ToLowerInvariant()));
            models = [.. models.Select(model => model with { Aliases = [.. model.Aliases.Where(alias => !written.Contains(alias.ToLowerInvariant()))] })];
            models.AddRange(decisions.Written.Where(model => model.Provider == provider).Select(model => WithRules(model with { Limits = model.Limits ?? LimitsOf([.. stated.Where(statement => SameId(statement.Id, model.ModelId))]) })));
            _models.AddRange(models.OrderBy(model => model.ModelId, StringComparer.Ordinal));
        }

        return PriceCatalog.Create(_models, new PriceCatalogInfo
        {
            Version = decisions.Version,
            Date = decisions.Date,
            Sources = decisions.Sources.ToDictionary(source => source.Code, source => source.Origin).Concat(decisions.OtherSources).ToDictionary(),
            Disagreements = _disagreements,
        });
    }

    /// <summary>Merges what sources say of one id (in one region) to its prices; null if they say nothing usable.</summary>
    internal PricedModel? Merge(string provider, string id, IReadOnlyList<PriceStatement> stated)
    {
        decisions.Prices.TryGetValue((provider, id.ToLowerInvariant()), out PriceDecision? decision);
        if (decision?.Take is { } code && !stated.Any(statement => statement.Source.Code == code))
        {
            throw new PriceCatalogException("the decision list", null, $"The decision for {provider} '{id}' takes the price of {code}, which states none. Take one of {string.Join(", ", stated.Select(statement => statement.Source.Code).Distinct())}.", null);
        }

        var agreed = ConsensusPrice.Of(stated, decision);
        if (agreed is null)
        {
            return null;
        }

        if (agreed.Alternatives.Count > 1)
        {
            _disagreements.Add(new PriceDisagreement(
                provider, id, "price", agreed.Alternatives, agreed.Taken,
                decision?.Reason ?? (agreed.Confidence == PriceConfidence.Verified
                    ? "The newest value has two independent sources; the others are older."
                    : "Usual rule: the newest source, because the older ones may have been right in their time.")));
        }

        var source = new PriceSource(string.Join(",", agreed.Sources), agreed.CheckedOn, agreed.Confidence);
        return new PricedModel
        {
            Provider = provider,
            ModelId = id,
            Limits = LimitsOf(stated),
            Periods = [.. History(agreed, stated, source)],
        };
    }

    internal PricedModel WithRules(PricedModel model)
    {
        foreach (PriceRule rule in decisions.Rules.Where(rule => rule.Holds(model.Provider!, model.ModelId)))
        {
            model = model with { Periods = [.. model.Periods.SelectMany(period => Apply(rule, period, model.Periods))] };
        }

        return model;
    }

    private static IEnumerable<PricePeriod> Apply(PriceRule rule, PricePeriod period, IReadOnlyList<PricePeriod> all)
    {
        ModelPrice price = period.Price;
        foreach ((string tier, decimal multiple) in rule.Tiers.Where(tier => !price.ServiceTierNames.Contains(tier.Key)))
        {
            price = price.WithServiceTier(tier, multiple);
        }

        foreach ((string name, decimal fee) in rule.Fees)
        {
            PriceComponent component = PriceComponentNames.FeeOf(name) ?? throw new PriceCatalogException("the decision list", null, $"There is no fee '{name}'.", null);
            price = price.PriceOf(component) is null ? price.WithFee(component, fee) : price;
        }

        yield return period with { Price = price };
        foreach ((string region, decimal multiple) in rule.Regions.Where(region => period.Region is null && !all.Any(other => other.Region == region.Key)))
        {
            yield return period with { Price = price.Times(multiple), Region = region };
        }
    }

    /// <summary>Returns the periods of a source that dates its prices, if its price in force is the one agreed on; otherwise the one price.</summary>
    private static IEnumerable<PricePeriod> History(ConsensusPrice agreed, IReadOnlyList<PriceStatement> stated, PriceSource source)
    {
        PriceStatement? dated = stated.FirstOrDefault(statement => statement.Periods.Count > 1 && ConsensusPrice.SamePair(statement.Price, agreed.Price));
        if (dated is null)
        {
            return [new PricePeriod(agreed.Price) { Source = source }];
        }

        return dated.Periods.OrderBy(period => period.From ?? DateTimeOffset.MinValue).Select(period => ReferenceEquals(period.Price, dated.Price)
            ? new PricePeriod(agreed.Price) { From = period.From, Source = source }
            : new PricePeriod(period.Price.WithoutFees()) { From = period.From, Source = new PriceSource(dated.Source.Code, dated.Source.Date, PriceConfidence.SingleSource) });
    }

    private bool IsTaken(PriceStatement statement) => statement.Id.Length > 0
        && System.Text.Ascii.IsValid(statement.Id) && statement.Id.IndexOfAny([' ', '"', '\\', '*']) < 0
        && !decisions.LeftOut.Any(rule => (rule.Provider is null || rule.Provider == statement.Provider) && rule.Pattern.IsMatch(statement.Id));

    private List<PricedModel> Build(string provider, PriceStatement[] stated)
    {
        List<PricedModel> models = [];
        var listed = new HashSet<string>(stated.Select(statement => statement.Id), StringComparer.OrdinalIgnoreCase);
        foreach (IGrouping<string, PriceStatement> group in stated.GroupBy(statement => statement.Id.ToLowerInvariant()))
        {
            if (group.All(statement => statement.Region is not null)
                || (group.All(statement => statement.Source.IsOpinion) && group.Select(statement => statement.Source.Family).Distinct().Count() < 2))
            {
                continue;
            }

            PriceStatement[] here = [.. group.Where(statement => statement.Region is null).OrderByDescending(statement => statement.Source.Date)];
            if (here.Length == 0 || Merge(provider, here[0].Id, here) is not { } model
                || (decisions.NeedsTwo.Contains((provider, here[0].Source.Code)) && here.Select(statement => statement.Source.Family).Distinct().Count() == 1))
            {
                continue;
            }

            foreach (IGrouping<string, PriceStatement> region in group.Where(statement => statement.Region is not null).GroupBy(statement => statement.Region!))
            {
                if (Merge(provider, here[0].Id + " in " + region.Key, [.. region]) is { } regional && !ConsensusPrice.SamePair(regional.Periods[^1].Price, model.Periods[^1].Price))
                {
                    model = model with { Periods = [.. model.Periods, .. regional.Periods.Select(period => period with { Region = region.Key })] };
                }
            }

            decisions.Prices.TryGetValue((provider, group.Key), out PriceDecision? decision);
            string[] aliases = [.. here.SelectMany(statement => statement.Aliases).Where(alias => !listed.Contains(alias) && !alias.StartsWith("ft:", StringComparison.Ordinal) && (provider is "openai" or "anthropic" or "google" or "mistral" or "xai"))
                .Concat(decision?.Ids ?? []).Distinct(StringComparer.OrdinalIgnoreCase)];
            models.Add(WithRules(model with { Aliases = aliases }));
        }

        return WithBracketsOfOtherSpellings(Joined(models));
    }

    /// <summary>Gives a model without brackets those of another spelling of it with the same price: leaving one out that exists would cost too little.</summary>
    private static List<PricedModel> WithBracketsOfOtherSpellings(List<PricedModel> models)
    {
        ILookup<string, PricedModel> spellings = models.Where(model => model.Periods.Any(HasBrackets))
            .SelectMany(model => Ids(model).Select(id => (Name: Undated(id), Model: model))).ToLookup(pair => pair.Name, pair => pair.Model);
        return [.. models.Select(model => model.Periods is [{ } only] && !HasBrackets(only)
            && Ids(model).SelectMany(id => spellings[Undated(id)]).FirstOrDefault(other => ConsensusPrice.SamePair(other.Periods[^1].Price, only.Price)) is { } bracketed
                ? model with { Periods = [only with { Price = bracketed.Periods[^1].Price, Source = bracketed.Periods[^1].Source }] }
                : model)];
    }

    private static bool HasBrackets(PricePeriod period) => period.Price.StandardCard.Brackets.Length > 0;

    private static string Undated(string id) => ModelIdForms.Normal(ModelIdForms.WithoutDate(id) ?? id);

    /// <summary>Joins ids that differ in a date or in spelling only and have the same prices.</summary>
    private static List<PricedModel> Joined(List<PricedModel> models)
    {
        List<PricedModel> joined = [];
        foreach (IGrouping<string, PricedModel> group in models.GroupBy(model => Undated(model.ModelId)))
        {
            foreach (IGrouping<string, PricedModel> same in group.GroupBy(Signature))
            {
                PricedModel main = same.OrderBy(model => model.ModelId.Length).ThenBy(model => model.ModelId, StringComparer.Ordinal).First();
                joined.Add(main with
                {
                    Limits = main.Limits ?? same.Select(model => model.Limits).FirstOrDefault(limits => limits is not null),
                    Aliases = [.. same.SelectMany(Ids).Where(id => !SameId(id, main.ModelId)).Distinct(StringComparer.OrdinalIgnoreCase).Order(StringComparer.Ordinal)],
                });
            }
        }

        return joined;
    }

    private static string Signature(PricedModel model)
    {
        var stream = new MemoryStream();
        PriceCatalog.Create([model with { ModelId = "x", Aliases = [], Limits = null, Periods = [.. model.Periods.Select(period => period with { Source = null })] }], new PriceCatalogInfo()).Save(stream);
        return System.Text.Encoding.UTF8.GetString(stream.ToArray());
    }

    internal static ModelLimits? LimitsOf(IReadOnlyList<PriceStatement> stated)
    {
        ModelLimits?[] all = [.. stated.OrderBy(statement => statement.Source.Format switch { "models.dev" => 0, "litellm" => 1, "pi-ai" => 2, _ => 3 }).Select(statement => statement.Limits)];
        ModelLimits? first = Array.Find(all, limits => limits?.ContextWindow is not null);
        return first is null ? null : first with
        {
            MaxOutputTokens = MediaIds.HasNoOutput(stated[0].Id) ? null : first.MaxOutputTokens ?? all.FirstOrDefault(limits => limits?.MaxOutputTokens is not null)?.MaxOutputTokens,
            IsReasoning = all.Any(limits => limits?.IsReasoning == true),
        };
    }

    private static IEnumerable<string> Ids(PricedModel model) => model.Aliases.Prepend(model.ModelId);

    private static bool SameId(string one, string other) => string.Equals(one, other, StringComparison.OrdinalIgnoreCase);

    internal static string Text(ModelPrice price) => string.Create(CultureInfo.InvariantCulture, $"{price.InputPerMillion:0.######}/{price.OutputPerMillion:0.######}");
}
