using System.Collections.Frozen;

namespace MeaiBudget;

/// <summary>Index of a catalog's models by id, alias and normal form.</summary>
internal sealed class ModelIndex
{
    private readonly FrozenDictionary<string, PricedModel[]> _byId;
    private readonly FrozenDictionary<string, PricedModel[]> _byNormalForm;

    internal ModelIndex(IReadOnlyList<PricedModel> models)
    {
        Models = models;
        _byId = Group(models, id => id, StringComparer.OrdinalIgnoreCase);
        _byNormalForm = Group(models, ModelIdForms.Normal, StringComparer.Ordinal);
    }

    internal IReadOnlyList<PricedModel> Models { get; }

    internal ReadOnlySpan<PricedModel> ById(string id) => _byId.TryGetValue(id, out PricedModel[]? found) ? found : [];

    internal ReadOnlySpan<PricedModel> ByNormalForm(string id) => _byNormalForm.TryGetValue(ModelIdForms.Normal(id), out PricedModel[]? found) ? found : [];

    private static FrozenDictionary<string, PricedModel[]> Group(IReadOnlyList<PricedModel> models, Func<string, string> form, StringComparer comparer)
    {
        var groups = new Dictionary<string, List<PricedModel>>(comparer);
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

        return groups.ToFrozenDictionary(pair => pair.Key, pair => pair.Value.ToArray(), comparer);
    }
}
