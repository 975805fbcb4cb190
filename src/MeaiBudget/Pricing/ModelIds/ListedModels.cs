namespace MeaiBudget;

/// <summary>The index of models that are in memory.</summary>
internal sealed class ListedModels : ModelIndex
{
    private readonly Dictionary<string, PricedModel[]> _byId;
    private readonly Lazy<Dictionary<string, PricedModel[]>> _byNormalForm;
    private readonly Lazy<(string, int)[]> _ids;

    internal ListedModels(IReadOnlyList<PricedModel> models)
    {
        Models = models;
        HasPatterns = models.Any(model => model.Patterns.Count > 0);
        _byId = Group(models, id => id, StringComparer.OrdinalIgnoreCase);
        _byNormalForm = new(() => Group(models, ModelIdForms.Normal, StringComparer.Ordinal));
        _ids = new(() => [.. models.SelectMany((model, position) => model.Aliases.Prepend(model.ModelId).Select(id => (id, position)))]);
    }

    internal override IReadOnlyList<PricedModel> Models { get; }

    internal override IReadOnlyList<(string Id, int Position)> Ids => _ids.Value;

    internal override bool HasPatterns { get; }

    internal override ReadOnlySpan<PricedModel> ById(string id) => _byId.TryGetValue(id, out PricedModel[]? found) ? found : [];

    internal override ReadOnlySpan<PricedModel> ByNormalForm(string id) => _byNormalForm.Value.TryGetValue(ModelIdForms.Normal(id), out PricedModel[]? found) ? found : [];

    internal override PricedModel At(int position) => Models[position];

    private static Dictionary<string, PricedModel[]> Group(IReadOnlyList<PricedModel> models, Func<string, string> form, StringComparer comparer)
    {
        var groups = new Dictionary<string, List<PricedModel>>(models.Count * 2, comparer);
        foreach (PricedModel model in models)
        {
            foreach (string id in model.Aliases.Prepend(model.ModelId))
            {
                string key = form(id);
                if (!groups.TryGetValue(key, out List<PricedModel>? group))
                {
                    groups.Add(key, group = []);
                }

                // The last entry takes precedence, so models of a later With come first.
                if (!group.Contains(model))
                {
                    group.Insert(0, model);
                }
            }
        }

        return groups.ToDictionary(pair => pair.Key, pair => pair.Value.ToArray(), comparer);
    }
}
