namespace MeaiBudget;

/// <summary>Finds the models of a catalog by id, alias and normal form. Thread-safe.</summary>
internal abstract class ModelIndex
{
    /// <summary>Gets all models, in the order of the catalog.</summary>
    internal abstract IReadOnlyList<PricedModel> Models { get; }

    /// <summary>Gets every id and alias, each with the position of its model in <see cref="Models"/>.</summary>
    internal abstract IReadOnlyList<(string Id, int Position)> Ids { get; }

    /// <summary>Gets a value indicating whether a model has patterns for ids that it does not list.</summary>
    internal virtual bool HasPatterns => false;

    /// <summary>Returns the models with an id or alias, the later ones of the catalog first.</summary>
    internal abstract ReadOnlySpan<PricedModel> ById(string id);

    /// <summary>Returns the models with an id or alias of the same normal form, the later ones of the catalog first.</summary>
    internal abstract ReadOnlySpan<PricedModel> ByNormalForm(string id);

    /// <summary>Returns the model at a position of <see cref="Models"/>.</summary>
    internal abstract PricedModel At(int position);
}
