namespace MeaiBudget;

/// <summary>Finds the models of a catalog by id, alias and normal form. Thread-safe.</summary>
internal abstract class ModelIndex
{
    private ILookup<string, int>? _positions;

    /// <summary>Gets all models, in the order of the catalog.</summary>
    internal abstract IReadOnlyList<PricedModel> Models { get; }

    /// <summary>Gets a digest of the content: the same for the same prices, and another after any change.</summary>
    internal string Digest => field ??= ComputeDigest();

    /// <summary>Gets every id and alias, each with the position of its model in <see cref="Models"/>.</summary>
    internal abstract IReadOnlyList<(string Id, int Position)> Ids { get; }

    /// <summary>Gets a value indicating whether a model has patterns for ids that it does not list.</summary>
    internal virtual bool HasPatterns => false;

    /// <summary>Returns the models with an id or alias, the later ones of the catalog first.</summary>
    internal abstract ReadOnlySpan<PricedModel> ById(string id);

    /// <summary>Returns the models with an id or alias of the same normal form, the later ones of the catalog first.</summary>
    internal abstract ReadOnlySpan<PricedModel> ByNormalForm(string id);

    /// <summary>Returns the positions of the models with an id or alias of a <see cref="ModelIdForms.Name"/>, at whatever provider.</summary>
    internal virtual IEnumerable<int> ByName(string name) => (_positions ??= Ids.ToLookup(listed => ModelIdForms.Name(listed.Id), listed => listed.Position))[name];

    /// <summary>Returns 16 hexadecimal digits of a hash.</summary>
    protected static string Hashed(ReadOnlySpan<byte> content) => Convert.ToHexStringLower(System.IO.Hashing.XxHash64.Hash(content));

    /// <summary>Computes <see cref="Digest"/>.</summary>
    protected virtual string ComputeDigest()
    {
        var file = new MemoryStream();
        PriceFileWriter.Write(PriceCatalog.Create(Models, new PriceCatalogInfo()), file);
        return Hashed(file.GetBuffer().AsSpan(0, (int)file.Length));
    }

    /// <summary>Returns the model at a position of <see cref="Models"/>.</summary>
    internal abstract PricedModel At(int position);
}
