namespace MeaiBudget;

/// <summary>Finds the model of an id, most certain match first: exact, without prefixes, without a date, by another spelling, by a guess.</summary>
internal static class ModelIdResolver
{
    // A shorter prefix, such as "o1", would match unrelated ids.
    private const int ShortestBeginning = 4;

    internal static ResolvedModel Resolve(ModelIndex index, string modelId, string? provider, string? region, List<string>? steps)
    {
        var written = new ModelIdForm(modelId.Trim(), ProviderNames.Canonical(provider), region);
        var search = new Search(index, modelId, steps);

        if (search.Exact(written, PriceMatch.Exact, "as written") is { } exact)
        {
            return exact;
        }

        return ByOtherForms(search, written, modelId, region, steps);
    }

    private static ResolvedModel ByOtherForms(Search search, ModelIdForm written, string modelId, string? region, List<string>? steps)
    {
        if (written.Provider == ProviderNames.Ollama)
        {
            // Prices of other hosts do not apply to a model that Ollama runs, and only the address shows that it runs locally.
            steps?.Add("Ollama models have no price in a catalog: free at a local address, unknown elsewhere");
            return new ResolvedModel(modelId, PriceMatch.Unknown, null, region);
        }

        List<ModelIdForm> forms = [written];
        List<ModelIdForm> stripped = [.. ModelIdForms.WithoutPrefixes(written)];
        stripped.AddRange(stripped.Prepend(written).SelectMany(ModelIdForms.OfBedrock).ToList());
        if (ModelIdForms.WithoutWindow(written.Id) is { } unmarked)
        {
            stripped.Add(written with { Id = unmarked });
        }

        if (ModelIdForms.FineTunedBase(written.Id) is { } tuned)
        {
            stripped.Add(written with { Id = tuned });
        }

        if (search.Exact(stripped.Where(form => !form.IsGuess), PriceMatch.PrefixStripped, "without prefixes and suffixes of the platform") is { } prefix)
        {
            return prefix;
        }

        forms.AddRange(stripped);
        if (forms.Exists(form => form.Provider == ProviderNames.Ollama))
        {
            return new ResolvedModel(modelId, PriceMatch.Unknown, null, region);
        }

        List<ModelIdForm> undated = [.. forms.Select(form => ModelIdForms.WithoutDate(form.Id) is { } id ? form with { Id = id } : null).OfType<ModelIdForm>()];
        if (search.Snapshot(forms, undated) is { } date)
        {
            return date;
        }

        forms.AddRange(undated);
        if (search.NormalForm(forms.Where(form => !form.IsGuess)) is { } alias)
        {
            return alias;
        }

        return search.Guess(forms) ?? search.Unknown(region);
    }

    private sealed class Search(ModelIndex index, string askedFor, List<string>? steps)
    {
        internal ResolvedModel? Exact(IEnumerable<ModelIdForm> forms, PriceMatch match, string step)
        {
            foreach (ModelIdForm form in forms)
            {
                if (Exact(form, match, step) is { } found)
                {
                    return found;
                }
            }

            return null;
        }

        internal ResolvedModel? Exact(ModelIdForm form, PriceMatch match, string step)
        {
            if (Choose(index.ById(form.Id), form) is { } model)
            {
                return Found(form, model, match, step);
            }

            steps?.Add($"{step}: '{form.Id}'{At(form)} is not listed");
            return null;
        }

        /// <summary>
        /// Finds an unlisted snapshot by the id without its date. Where listed snapshots of the id have other prices, it has the price of the
        /// id only if it is newer than those; otherwise it may have any of them, which is a guess.
        /// </summary>
        internal ResolvedModel? Snapshot(List<ModelIdForm> dated, List<ModelIdForm> undated)
        {
            foreach (ModelIdForm form in undated)
            {
                if (form.IsGuess)
                {
                    continue;
                }

                if (Choose(index.ById(form.Id), form) is not { } model)
                {
                    steps?.Add($"without date: '{form.Id}'{At(form)} is not listed");
                    continue;
                }

                PricedModel[] others = model.Meanings.Count > 0 || model.IsOverride ? [] : [.. OtherSnapshots(dated, form, model)];
                return others.Length == 0
                    ? Found(form, model, PriceMatch.DateStripped, "without date")
                    : Found(form, others.Append(model).MaxBy(Dearness)!, PriceMatch.Inferred, "guessed from snapshots with different prices", [model, .. others]);
            }

            return null;
        }

        private IEnumerable<PricedModel> OtherSnapshots(List<ModelIdForm> dated, ModelIdForm undated, PricedModel model)
        {
            int? asked = null;
            foreach (ModelIdForm form in dated)
            {
                asked ??= ModelIdForms.WithoutDate(form.Id) == undated.Id ? ModelIdForms.DateOf(form.Id) : null;
            }

            foreach ((string listed, int position) in index.Ids)
            {
                if (listed.Length > undated.Id.Length && listed.StartsWith(undated.Id, StringComparison.OrdinalIgnoreCase)
                    && ModelIdForms.WithoutDate(listed)?.Length == undated.Id.Length
                    && !(asked > ModelIdForms.DateOf(listed))
                    && index.At(position) is var other && other.Provider == model.Provider && !SamePrice(other, model))
                {
                    yield return other;
                }
            }
        }

        internal ResolvedModel? NormalForm(IEnumerable<ModelIdForm> forms)
        {
            foreach (ModelIdForm form in forms)
            {
                if (Choose(index.ByNormalForm(form.Id), form, mustAgree: true) is { } model)
                {
                    return Found(form, model, PriceMatch.Alias, "by another spelling");
                }

                steps?.Add($"by another spelling: '{ModelIdForms.Normal(form.Id)}'{At(form)} is not listed, or means more than one price");
            }

            return null;
        }

        /// <summary>Returns a price that may be wrong: of the same id at another host, of the longest listed prefix, or of a file's pattern.</summary>
        internal ResolvedModel? Guess(List<ModelIdForm> forms)
        {
            PricedModel[] found = [.. Elsewhere(forms)];
            if (found.MaxBy(Dearness) is { } model)
            {
                return Found(forms[^1], model, PriceMatch.Inferred, "guessed from the same id of another provider", found);
            }

            foreach (ModelIdForm form in forms)
            {
                if (form.Id.StartsWith("ft:", StringComparison.OrdinalIgnoreCase))
                {
                    continue;
                }

                if (LongestBeginning(form) is { } beginning)
                {
                    (string Id, int Position)[] listed = [.. index.Ids.Where(listed => listed.Id.StartsWith(beginning, StringComparison.OrdinalIgnoreCase))];
                    PricedModel[] family = [.. listed.Select(listed => index.At(listed.Position)).Where(model => model.Periods.Any(period => !period.Price.IsFree))];
                    PricedModel[] same = [.. family.Where(model => model.Aliases.Prepend(model.ModelId).Contains(beginning, StringComparer.OrdinalIgnoreCase))];
                    if (ModelIdForms.DearerKindOf(form.Id.AsSpan(beginning.Length)) is { } kind && !listed.Any(listed => listed.Id.Contains(kind, StringComparison.OrdinalIgnoreCase)))
                    {
                        steps?.Add($"guessed: '{form.Id}' begins as '{beginning}', but '{kind}' names a kind of model that may cost several times as much");
                    }
                    else if (same.Length > 0)
                    {
                        return Found(form, same.Aggregate((best, other) => Prefers(other, best, form) ? other : best), PriceMatch.Inferred, "guessed from a prefix of the id or a pattern", family);
                    }
                }

                PricedModel? matched = !index.HasPatterns ? null : index.Models.FirstOrDefault(candidate => candidate.Patterns.Any(pattern => pattern.Matches(form.Id))
                    && (form.Provider is null || candidate.Provider == form.Provider || ProviderNames.PassesPricesOn(form.Provider)));
                if (matched is not null)
                {
                    return Found(form, matched, PriceMatch.Inferred, "guessed from a prefix of the id or a pattern");
                }
            }

            steps?.Add("guessed: no listed id is a prefix of it, and no pattern matches");
            return null;
        }

        /// <summary>Returns the models of the same name at any provider. A model that one provider gives away says nothing about others.</summary>
        private IEnumerable<PricedModel> Elsewhere(List<ModelIdForm> forms)
        {
            IEnumerable<int> positions = forms.Select(form => ModelIdForms.Name(form.Id)).Where(name => name.Length > 0).Distinct().SelectMany(index.ByName);
            return positions.Distinct().Order().Select(index.At).Where(model => model.Periods.Any(period => !period.Price.IsFree));
        }

        internal ResolvedModel Unknown(string? region)
        {
            steps?.Add("unknown");
            return new ResolvedModel(askedFor, PriceMatch.Unknown, null, region);
        }

        private ResolvedModel Found(ModelIdForm form, PricedModel model, PriceMatch match, string step, IReadOnlyList<PricedModel>? candidates = null)
        {
            if (model.Meanings.Count > 0)
            {
                return Moved(form, model, step);
            }

            if (model.IsOverride && match > PriceMatch.Inferred)
            {
                match = PriceMatch.Override;
            }

            steps?.Add($"{step}: '{form.Id}'{At(form)} is {model.ModelId}{(model.Provider is null ? "" : $" of {model.Provider}")}: {match}");
            ModelLimits? limits = model.Limits ?? LimitsElsewhere(model);
            return new ResolvedModel(askedFor, match, model, form.Region, limits, candidates, index);
        }

        private ResolvedModel Meant(ModelIdForm form, PricedModel alias, string modelId)
        {
            PricedModel? model = Choose(index.ById(modelId), form with { Id = modelId, Provider = alias.Provider });
            return new ResolvedModel(askedFor, model is { IsOverride: true } ? PriceMatch.Override : PriceMatch.Alias, model, form.Region, model?.Limits, index: index);
        }

        /// <summary>Resolves an alias that its provider moves between models: by date, and never as exact.</summary>
        private ResolvedModel Moved(ModelIdForm form, PricedModel alias, string step)
        {
            var meanings = new List<(DateTimeOffset, ResolvedModel, ResolvedModel[])>();
            foreach (AliasMeaning meaning in alias.Meanings)
            {
                meanings.Add((meaning.From ?? DateTimeOffset.MinValue, Meant(form, alias, meaning.ModelId), [.. meaning.MayMean.Select(other => Meant(form, alias, other))]));
            }

            AliasMeaning last = alias.Meanings[^1];
            steps?.Add($"{step}: '{form.Id}'{At(form)} is an alias that {alias.Provider} moves; it means {last.ModelId}{(last.From is { } from ? $" since {from.UtcDateTime:yyyy-MM-dd}" : "")}: {PriceMatch.Alias}");
            return new ResolvedModel(askedFor, new FloatingAlias(meanings));
        }

        /// <summary>Returns the limits from the catalog's own entry, because the application's prices seldom state limits.</summary>
        private ModelLimits? LimitsElsewhere(PricedModel model)
        {
            foreach (PricedModel other in index.ById(model.ModelId))
            {
                if (other.Limits is not null && (model.Provider is null || other.Provider == model.Provider))
                {
                    return other.Limits;
                }
            }

            return null;
        }

        private static string At(ModelIdForm form) =>
            (form.Provider is null ? "" : $" of {form.Provider}") + (form.Region is null ? "" : $" in {form.Region}");

        private PricedModel? Choose(ReadOnlySpan<PricedModel> candidates, ModelIdForm form, bool mustAgree = false)
        {
            if (candidates.IsEmpty)
            {
                return null;
            }

            foreach (PricedModel candidate in candidates)
            {
                if (candidate.IsOverride && (candidate.Provider is null || form.Provider is null || ProviderNames.Canonical(candidate.Provider) == form.Provider))
                {
                    return candidate;
                }
            }

            // The catalog may have an alias of a model that the application priced under its proper id.
            foreach (PricedModel candidate in candidates)
            {
                if (!candidate.IsOverride && !string.Equals(candidate.ModelId, form.Id, StringComparison.OrdinalIgnoreCase)
                    && (form.Provider is null || candidate.Provider == form.Provider))
                {
                    foreach (PricedModel own in index.ById(candidate.ModelId))
                    {
                        if (own.IsOverride && (own.Provider is null || own.Provider == candidate.Provider))
                        {
                            return own;
                        }
                    }
                }
            }

            if (form.IsOpenRepository)
            {
                return null;
            }

            return OfProvider(candidates, form.Provider, mustAgree, out bool isListed)
                ?? (isListed ? null : ProviderNames.ParentOf(form.Provider) is { } parent ? OfProvider(candidates, parent, mustAgree, out _) : null)
                ?? (ProviderNames.PassesPricesOn(form.Provider) && !NamesMaker(form) ? OfMaker(candidates, form, mustAgree) : null);
        }

        /// <summary>Returns whether an id begins with the name of a provider, as in lists of routers. Without a provider, it means that maker's model, not a router's.</summary>
        private static bool NamesMaker(ModelIdForm form) => form.Id.IndexOf('/') is > 0 and var slash && ProviderNames.IsMaker(ProviderNames.Canonical(form.Id[..slash]));

        private static PricedModel? OfProvider(ReadOnlySpan<PricedModel> candidates, string? provider, bool mustAgree, out bool isListed)
        {
            PricedModel? chosen = null;
            isListed = false;
            foreach (PricedModel candidate in candidates)
            {
                if (candidate.IsOverride || (candidate.Provider is not null && candidate.Provider != provider))
                {
                    continue;
                }

                isListed = true;
                if (mustAgree && chosen is not null && !SamePrice(chosen, candidate))
                {
                    return null;
                }

                chosen ??= candidate;
            }

            return chosen;
        }

        /// <summary>
        /// Returns the maker's price for an id without a provider that lists it. If only resellers list it, their prices must all agree, and the
        /// id must be theirs: many hosts have a repository's name of Hugging Face (<c>organization/name</c>), each at its own price. Who gives
        /// an open model away does not say what it costs elsewhere.
        /// </summary>
        private PricedModel? OfMaker(ReadOnlySpan<PricedModel> candidates, ModelIdForm form, bool mustAgree)
        {
            (string id, string? host) = (form.Id, form.Provider);
            PricedModel? best = null;
            bool agree = true;
            bool makersAgree = true;
            bool isOpen = false;
            foreach (PricedModel candidate in candidates)
            {
                bool isClosed = ProviderNames.SellsOnlyItself(candidate.Provider, candidate.ModelId);
                isOpen = isOpen || (!isClosed && IsGivenAway(candidate));
                if (candidate.IsOverride || (!isClosed && (ProviderNames.HasOwnPrices(host) || IsGivenAway(candidate))))
                {
                    continue;
                }

                agree = agree && (best is null || SamePrice(best, candidate));
                if (best is null || ProviderNames.Rank(candidate.Provider) < ProviderNames.Rank(best.Provider))
                {
                    best = candidate;
                    makersAgree = true;
                }
                else
                {
                    makersAgree = makersAgree && (candidate.Provider != best.Provider || SamePrice(best, candidate));
                }
            }

            isOpen = isOpen || (id.Contains('/', StringComparison.Ordinal) && !id.StartsWith("accounts/", StringComparison.OrdinalIgnoreCase));
            return best is null || !(ProviderNames.IsMaker(best.Provider) ? makersAgree || !mustAgree : agree && !isOpen && IsSoldAtOnePrice(best, id)) ? null : best;
        }

        /// <summary>Returns whether all hosts of a model, by whatever path they list its name, have the same price.</summary>
        private bool IsSoldAtOnePrice(PricedModel model, string id)
        {
            foreach (int position in index.ByName(ModelIdForms.Name(id)))
            {
                PricedModel other = index.At(position);
                if (!other.IsOverride && !IsGivenAway(other) && !SamePrice(model, other))
                {
                    return false;
                }
            }

            return true;
        }

        private static bool IsGivenAway(PricedModel model) => model.Periods.Count > 0 && model.Periods.All(period => period.Price.IsFree);

        private static bool SamePrice(PricedModel one, PricedModel other) =>
            one.Periods.Count == other.Periods.Count && one.Meanings.SequenceEqual(other.Meanings) && one.Periods.Zip(other.Periods).All(pair => pair.First.Price == pair.Second.Price && pair.First.From == pair.Second.From);

        private static decimal Dearness(PricedModel model) => model.Periods.Max(period => period.Price.InputPerMillion + period.Price.OutputPerMillion);

        private static bool Prefers(PricedModel candidate, PricedModel best, ModelIdForm form) =>
            (candidate.Provider == form.Provider && best.Provider != form.Provider)
            || (best.Provider != form.Provider && ProviderNames.Rank(candidate.Provider) < ProviderNames.Rank(best.Provider));

        /// <summary>Returns the longest listed id with which an id begins; null if there is none.</summary>
        private string? LongestBeginning(ModelIdForm form)
        {
            string? longest = null;
            foreach ((string listed, _) in index.Ids)
            {
                if (listed.Length > (longest?.Length ?? ShortestBeginning - 1) && listed.Length < form.Id.Length
                    && form.Id[listed.Length] is '-' or ':' or '@' or '_' && form.Id.StartsWith(listed, StringComparison.OrdinalIgnoreCase))
                {
                    longest = listed;
                }
            }

            return longest;
        }
    }
}
