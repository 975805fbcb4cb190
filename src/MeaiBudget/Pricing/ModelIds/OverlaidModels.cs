namespace MeaiBudget;

/// <summary>The index of a catalog and of models that were added to it. The catalog's own index is shared, since it may be large.</summary>
/// <param name="catalog">The index of the catalog.</param>
/// <param name="added">The models that were added, which take precedence.</param>
internal sealed class OverlaidModels(ModelIndex catalog, IReadOnlyList<PricedModel> added) : ModelIndex
{
    private readonly ListedModels _added = new(added);

    internal override IReadOnlyList<PricedModel> Models => field ??= [.. catalog.Models, .. _added.Models];

    internal override IReadOnlyList<(string Id, int Position)> Ids =>
        field ??= [.. catalog.Ids, .. _added.Ids.Select(entry => (entry.Id, entry.Position + catalog.Models.Count))];

    internal override bool HasPatterns => catalog.HasPatterns || _added.HasPatterns;

    internal override ReadOnlySpan<PricedModel> ById(string id) => Both(_added.ById(id), catalog.ById(id));

    internal override ReadOnlySpan<PricedModel> ByNormalForm(string id) => Both(_added.ByNormalForm(id), catalog.ByNormalForm(id));

    internal override IEnumerable<int> ByName(string name) => [.. catalog.ByName(name), .. _added.ByName(name).Select(position => position + catalog.Models.Count)];

    protected override string ComputeDigest() => Hashed(System.Text.Encoding.ASCII.GetBytes(catalog.Digest + _added.Digest));

    internal override PricedModel At(int position) => Models[position];

    private static ReadOnlySpan<PricedModel> Both(ReadOnlySpan<PricedModel> first, ReadOnlySpan<PricedModel> second) =>
        first.IsEmpty ? second : second.IsEmpty ? first : (PricedModel[])[.. first, .. second];
}
