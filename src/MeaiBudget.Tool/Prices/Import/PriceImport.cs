using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace MeaiBudget.Tool;

/// <summary>Creates the package's price file: prices and dates from genai-prices, checked against models.dev, which also has the limits.</summary>
internal sealed partial class PriceImport(PriceCatalog genAiPrices, JsonElement genAiPricesRaw, ModelsDevFile modelsDev)
{
    // The date of models.dev's snapshot determines which period of a dated price its prices are for.
    private static readonly DateTimeOffset ModelsDevDate = new(2026, 7, 2, 0, 0, 0, TimeSpan.Zero);
    private static readonly DateOnly GenAiPricesDate = new(2026, 8, 21);

    private static readonly (string Provider, string ModelsDevName)[] Providers =
    [
        ("openai", "openai"), ("anthropic", "anthropic"), ("google", "google"), ("mistral", "mistral"), ("deepseek", "deepseek"),
        ("xai", "xai"), ("groq", "groq"), ("azure", "azure"), ("bedrock", "amazon-bedrock"),
    ];

    private static readonly PriceComponent[] Compared = [PriceComponent.Input, PriceComponent.Output, PriceComponent.CachedInput, PriceComponent.CacheWrite];

    private readonly List<PricedModel> _models = [];
    private readonly List<PriceDisagreement> _disagreements = [];

    internal PriceCatalog Run(string version)
    {
        foreach ((string provider, string modelsDevName) in Providers)
        {
            Dictionary<string, ModelsDevModel> second = modelsDev.ModelsOf(modelsDevName);
            if (provider == "bedrock")
            {
                ImportBedrock(second);
            }
            else
            {
                Import(provider, second);
            }
        }

        return PriceCatalog.Create(
            [.. _models.OrderBy(model => Array.FindIndex(Providers, entry => entry.Provider == model.Provider)).ThenBy(model => model.ModelId, StringComparer.Ordinal)],
            new PriceCatalogInfo
            {
                Version = version,
                Date = GenAiPricesDate,
                Sources = new Dictionary<string, string>
                {
                    [PriceDecisions.GenAiPrices] = "https://github.com/pydantic/genai-prices, MIT, prices/new_data/v2 at 47df840a5ab1, 2026-08-21",
                    [PriceDecisions.ModelsDev] = "https://github.com/anomalyco/models.dev, MIT, at f3fc69229967, 2026-07-02",
                },
                Disagreements = _disagreements,
            });
    }

    private void Import(string provider, Dictionary<string, ModelsDevModel> second)
    {
        PricedModel[] first = [.. genAiPrices.Models.Where(model => model.Provider == provider && IsListed(model.ModelId))];
        var listed = new HashSet<string>(first.SelectMany(Ids), StringComparer.OrdinalIgnoreCase);
        var taken = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (PricedModel model in first)
        {
            // An id that has another price or other limits in models.dev than the rest of the group is a separate model.
            PricePeriod spokenOf = model.PeriodAt(ModelsDevDate, null) ?? model.Periods[0];
            HashSet<string> forms = [.. Ids(model).Select(ModelIdForms.Normal)];
            ModelsDevModel[] found = [.. second.Values.Where(other => !taken.Contains(other.Id)
                    && (Ids(model).Contains(other.Id, StringComparer.OrdinalIgnoreCase)
                        || (!listed.Contains(other.Id) && (forms.Contains(ModelIdForms.Normal(other.Id)) || (ModelIdForms.WithoutDate(other.Id) is { } undated && forms.Contains(ModelIdForms.Normal(undated)))))))
                .OrderBy(other => Differences(spokenOf.Price, other.Price).Length).ThenByDescending(other => other.Id == model.ModelId)];
            ModelsDevModel? main = found.FirstOrDefault();
            ModelsDevModel[] apart = [.. found.Where(other => Differences(main!.Price, other.Price).Length > 0 || (other.Limits is not null && other.Limits != main.Limits))];
            foreach (ModelsDevModel other in apart)
            {
                Add(model with { ModelId = other.Id, Aliases = [] }, other);
            }

            taken.UnionWith(found.Select(other => other.Id));
            string[] ids = [.. Ids(model).Concat(found.Select(other => other.Id)).Distinct(StringComparer.OrdinalIgnoreCase).Except(apart.Select(other => other.Id), StringComparer.OrdinalIgnoreCase)];
            Add(model with { ModelId = ids[0], Aliases = ids[1..] }, main);
        }

        foreach (ModelsDevModel other in second.Values.Where(other => !taken.Contains(other.Id) && !listed.Contains(other.Id) && IsListed(other.Id)))
        {
            AddSingle(provider, other);
        }
    }

    /// <summary>Imports one model for each Bedrock id, with the price of regional endpoints for all regions and the price of the global one.</summary>
    private void ImportBedrock(Dictionary<string, ModelsDevModel> second)
    {
        var taken = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (IGrouping<string, PricedModel> group in genAiPrices.Models.Where(model => model.Provider == "bedrock" && IsListed(model.ModelId)).GroupBy(model => BedrockPrefix().Replace(model.ModelId, "")))
        {
            PricedModel regional = group.FirstOrDefault(model => !model.ModelId.StartsWith("global.", StringComparison.Ordinal)) ?? group.First();
            string bare = BedrockVersion().Replace(group.Key, "");
            string[] ids = [group.Key, bare, .. second.Keys.Where(id => BedrockPrefix().Replace(id, "") is var other && BedrockVersion().Replace(other, "") is var name && (name == bare || ModelIdForms.WithoutDate(name) == bare))
                .SelectMany(id => new[] { BedrockPrefix().Replace(id, ""), BedrockVersion().Replace(BedrockPrefix().Replace(id, ""), "") })];
            ids = [.. ids.Distinct(StringComparer.OrdinalIgnoreCase)];
            taken.UnionWith(ids);

            ModelsDevModel? Find(params string[] prefixes) => ids.SelectMany(id => prefixes.Select(prefix => prefix + id)).Select(second.GetValueOrDefault).FirstOrDefault(found => found is not null);
            PricedModel model = regional with { ModelId = ids[0], Aliases = ids[1..], Patterns = [] };
            bool hasGlobal = group.Any(other => other.ModelId.StartsWith("global.", StringComparison.Ordinal));
            model = Checked(model, hasGlobal ? Find("eu.", "us.", "") : Find("", "us.", "eu."));
            if (group.FirstOrDefault(other => other.ModelId.StartsWith("global.", StringComparison.Ordinal)) is { } global && global != regional)
            {
                PricedModel checkedGlobal = Checked(global with { ModelId = "global." + ids[0], Patterns = [] }, Find("global."));
                model = model with { Periods = [.. model.Periods, .. checkedGlobal.Periods.Select(period => period with { Region = "global" })] };
            }

            if (hasGlobal)
            {
                NoteProfiles(model, ids, second);
            }

            _models.Add(model with { Limits = LimitsOf(Find("", "global.", "us.", "eu."), model) });
        }

        foreach (ModelsDevModel other in second.Values.Where(other => !BedrockPrefix().IsMatch(other.Id) && !taken.Contains(other.Id) && !taken.Contains(BedrockVersion().Replace(other.Id, ""))))
        {
            string bare = BedrockVersion().Replace(other.Id, "");
            AddSingle("bedrock", other, bare == other.Id ? [] : [bare]);
        }
    }

    private void NoteProfiles(PricedModel model, string[] ids, Dictionary<string, ModelsDevModel> second)
    {
        ModelPrice regional = model.PeriodAt(ModelsDevDate, "us")!.Price;
        foreach (string profile in BedrockProfiles)
        {
            if (ids.Select(id => second.GetValueOrDefault(profile + id)).FirstOrDefault(found => found is not null) is { } other && other.Price.InputPerMillion != regional.InputPerMillion)
            {
                _disagreements.Add(new PriceDisagreement(
                    "bedrock",
                    model.ModelId,
                    "input in " + profile.TrimEnd('.'),
                    new Dictionary<string, string> { [PriceDecisions.GenAiPrices] = Text(regional, "input"), [PriceDecisions.ModelsDev] = Text(other.Price, "input") },
                    PriceDecisions.GenAiPrices,
                    PriceDecisions.BedrockRegions));
            }
        }
    }

    private void Add(PricedModel model, ModelsDevModel? second)
    {
        PricedModel result = Checked(model, second);
        _models.Add(result with { Limits = LimitsOf(second, model), Patterns = [] });
    }

    private void AddSingle(string provider, ModelsDevModel model, string[]? aliases = null)
    {
        // A platform's price is confirmed if it equals the maker's list price in the other source.
        PriceResolution maker = provider == "azure" ? genAiPrices.Resolve(model.Id, "openai", ModelsDevDate) : new PriceResolution(PriceMatch.Unknown, model.Id, null, null);
        bool sameId = maker.Match is PriceMatch.Exact or PriceMatch.DateStripped or PriceMatch.Alias && maker.Provider is "openai" or "anthropic" or "xai" or "deepseek";
        var priced = new PricedModel
        {
            Provider = provider,
            ModelId = model.Id,
            Aliases = aliases ?? [],
            Limits = model.Limits,
            Periods = [new PricePeriod(sameId ? maker.Price! : model.Price) { Source = new PriceSource(PriceDecisions.ModelsDev, DateOnly.FromDateTime(ModelsDevDate.Date), PriceConfidence.SingleSource) }],
        };
        if (!sameId || maker.Provider is "deepseek")
        {
            _models.Add(priced with { Periods = [priced.Periods[0] with { Price = model.Price }] });
            return;
        }

        _models.Add(Checked(priced, model));
    }

    /// <summary>Compares the period to which models.dev's price belongs, and uses the decided price.</summary>
    private PricedModel Checked(PricedModel model, ModelsDevModel? second)
    {
        PricePeriod? spokenOf = second is null ? null : model.PeriodAt(ModelsDevDate, null) ?? model.Periods[0];
        PricePeriod[] periods = [.. model.Periods.Select(period => Checked(model, period, ReferenceEquals(period, spokenOf) ? second : null))];

        // If a price is replaced, its discount by time of day is removed, too.
        bool isReplaced = periods.Any(period => period.Source is { Name: PriceDecisions.ModelsDev, Confidence: PriceConfidence.Decided });
        return model with { Periods = isReplaced && periods.Any(period => period.DailyFrom is not null) ? [.. periods.Where(period => period.Source!.Confidence == PriceConfidence.Decided).Select(period => period with { DailyFrom = null, DailyTo = null })] : periods };
    }

    private PricePeriod Checked(PricedModel model, PricePeriod period, ModelsDevModel? second)
    {
        period = period with { Price = WithStatedDiscounts(model, period.Price) };
        if (second is null)
        {
            return period with { Source = new PriceSource(PriceDecisions.GenAiPrices, GenAiPricesDate, PriceConfidence.SingleSource) };
        }

        string[] differences = Differences(period.Price, second.Price);
        ModelPrice price = WithTiers(period.Price, second.Price);
        if (differences.Length == 0)
        {
            return period with { Price = price, Source = new PriceSource($"{PriceDecisions.GenAiPrices}, {PriceDecisions.ModelsDev}", GenAiPricesDate, PriceConfidence.Verified) };
        }

        (string taken, string reason) = PriceDecisions.Decide($"{model.Provider}/{model.ModelId}", period.Price, second.Price);
        foreach (string subject in differences)
        {
            _disagreements.Add(new PriceDisagreement(
                model.Provider!,
                model.ModelId,
                subject,
                new Dictionary<string, string> { [PriceDecisions.GenAiPrices] = Text(period.Price, subject), [PriceDecisions.ModelsDev] = Text(second.Price, subject) },
                taken,
                reason));
        }

        price = taken == PriceDecisions.ModelsDev ? second.Price.WithFees(perWebSearch: period.Price.PriceOf(PriceComponent.WebSearch)) : price;
        return period with { Price = price, Source = new PriceSource(taken, taken == PriceDecisions.ModelsDev ? DateOnly.FromDateTime(ModelsDevDate.Date) : GenAiPricesDate, PriceConfidence.Decided) };
    }

    private static ModelPrice WithTiers(ModelPrice price, ModelPrice second)
    {
        foreach (string tier in second.ServiceTierNames)
        {
            price = price.WithServiceTier(tier, ModelPrice.PerMillionTokens(
                second.PriceOf(PriceComponent.Input, tier)!.Value,
                second.PriceOf(PriceComponent.Output, tier)!.Value,
                second.PriceOf(PriceComponent.CachedInput, tier),
                second.PriceOf(PriceComponent.CacheWrite, tier)));
        }

        return price;
    }

    /// <summary>Adds half prices for batch and flex if a comment of the source states them.</summary>
    private ModelPrice WithStatedDiscounts(PricedModel model, ModelPrice price)
    {
        string? comment = genAiPricesRaw.EnumerateArray().Where(provider => provider.GetProperty("id").GetString() == model.Provider)
            .SelectMany(provider => provider.GetProperty("models").EnumerateArray())
            .Where(entry => entry.GetProperty("id").GetString() == model.ModelId && entry.TryGetProperty("price_comments", out _))
            .Select(entry => entry.GetProperty("price_comments").GetString()).FirstOrDefault();
        if (comment is null || !comment.Contains("Batch and Flex tiers offer 50% discount", StringComparison.Ordinal))
        {
            return price;
        }

        var half = ModelPrice.PerMillionTokens(price.InputPerMillion / 2m, price.OutputPerMillion / 2m, price.PriceOf(PriceComponent.CachedInput) / 2m);
        return price.WithServiceTier("batch", half).WithServiceTier("flex", half);
    }

    private static string[] Differences(ModelPrice first, ModelPrice second)
    {
        List<string> differences = [.. Compared.Where(component => second.PriceOf(component) is { } price && first.PriceOf(component) is { } other && price != other).Select(PriceComponentNames.Of)];
        if (Brackets(first) != Brackets(second))
        {
            differences.Add("brackets");
        }

        return [.. differences];
    }

    private static string Brackets(ModelPrice price) => string.Join(
        ", ",
        price.StandardCard.Brackets.Select(bracket => string.Create(
            CultureInfo.InvariantCulture,
            $"above {bracket.AboveInputTokens}: {bracket.Rates.PerMillion(PriceComponent.Input):0.######}/{bracket.Rates.PerMillion(PriceComponent.Output):0.######}")));

    private static string Text(ModelPrice price, string subject)
    {
        if (subject == "brackets")
        {
            return Brackets(price) is { Length: > 0 } brackets ? brackets : "none";
        }

        PriceComponent component = Compared.First(candidate => PriceComponentNames.Of(candidate) == subject);
        return price.PriceOf(component)!.Value.ToString("0.######", CultureInfo.InvariantCulture);
    }

    private static ModelLimits? LimitsOf(ModelsDevModel? second, PricedModel model) =>
        second?.Limits ?? (model.Limits is { } limits ? limits with { IsReasoning = Reasons().IsMatch(model.ModelId) } : null);

    private static string[] BedrockProfiles => ["us.", "eu.", "jp.", "au.", "apac."];

    /// <summary>Returns the certain ids of a model: its own, the exact ones, and prefixes that are an id themselves.</summary>
    private static IEnumerable<string> Ids(PricedModel model) => model.Aliases
        .Concat(model.Patterns.Where(pattern => pattern.Kind == ModelIdPatternKind.StartsWith && !pattern.Text.EndsWith('-') && !pattern.Text.EndsWith('@')).Select(pattern => pattern.Text))
        .Where(alias => (!alias.Contains('/', StringComparison.Ordinal) || model.Provider == "groq") && !alias.StartsWith("ft:", StringComparison.Ordinal) && !CutDate().IsMatch(alias))

        // DeepSeek's two aliases refer to its newest model. Their former models have other prices.
        .Where(_ => model.Provider != "deepseek")
        .Prepend(model.ModelId.TrimEnd('-'))
        .Distinct(StringComparer.OrdinalIgnoreCase);

    /// <summary>True if the model creates embeddings, which are billed by input only.</summary>
    internal static bool IsEmbedding(string id) => Embeddings().IsMatch(id);

    // Chat models, except old ones whose price was copied from a reseller, and generators that are billed by tokens.
    private static bool IsListed(string id) => !NotChat().IsMatch(id) || Embeddings().IsMatch(id) || OtherGenerators().IsMatch(id);

    [GeneratedRegex(@"^(?:text-embedding-(?:3-small|3-large|ada-002)|gemini-embedding-\d+|mistral-embed)$")]
    private static partial Regex Embeddings();

    [GeneratedRegex(@"^(?:gpt-image-[\d.]+(?:-mini)?|gpt-4o(?:-mini)?-(?:transcribe|tts))$")]
    private static partial Regex OtherGenerators();

    [GeneratedRegex(@"embed|moderation|-image|image-|tts|transcribe|realtime|-live|live-|whisper|orpheus|imagine|omni|:free|:extended|^text-|^ada|^babbage|^curie|^davinci|-audio-preview|guard|^gpt-oss|gemma|^gpt-3\.5-0301|-24b-instruct|wizardlm|\.ft-|palmyra-vision|voxtral|^mistral-medium$", RegexOptions.IgnoreCase)]
    private static partial Regex NotChat();

    // Families that use hidden reasoning, for models that are newer than models.dev's snapshot.
    [GeneratedRegex(@"^(?:gpt-5(?!.*chat)|o\d|claude-(?:opus|sonnet|haiku|fable)-[4-9]|gemini-(?:2\.5|[3-9])|deepseek-(?:reasoner|v4)|grok-(?:3-mini|[4-9](?!.*non-reasoning))|magistral|(?:anthropic|openai)\.(?:claude-(?:opus|sonnet|haiku|fable)-[4-9]|gpt-))", RegexOptions.IgnoreCase)]
    private static partial Regex Reasons();

    [GeneratedRegex(@"-20\d\d-?$")]
    private static partial Regex CutDate();

    [GeneratedRegex(@"^(?:regional|global|us|eu|jp|au|apac|us-gov)\.")]
    private static partial Regex BedrockPrefix();

    [GeneratedRegex(@"(?:-v\d+)?(?::\d+)?$")]
    private static partial Regex BedrockVersion();
}
