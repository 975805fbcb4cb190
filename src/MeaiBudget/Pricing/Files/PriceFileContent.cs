namespace MeaiBudget;

/// <summary>What has been read of a price file so far.</summary>
internal sealed class PriceFileContent
{
    private readonly Dictionary<(string?, string), int> _positions = [];
    private readonly List<PricedModel> _models = [];
    private readonly List<string> _notes = [];

    internal PriceCatalogInfo Info { get; set; } = new();

    /// <summary>Gets or sets a value indicating whether there was a list of models in our own format.</summary>
    internal bool HasModels { get; set; }

    /// <summary>Gets or sets a value indicating whether there was a list of providers in genai-prices' format.</summary>
    internal bool HasProviders { get; set; }

    internal bool HasPrices => _models.Count > 0;

    /// <summary>Adds a model; says no if the file has one of that provider and id already.</summary>
    internal bool TryAdd(PricedModel model)
    {
        if (!_positions.TryAdd((model.Provider, model.ModelId.ToLowerInvariant()), _models.Count))
        {
            return false;
        }

        _models.Add(model);
        return true;
    }

    /// <summary>Adds a model; one of the same provider and id gives way, as in the programs that these files are made for.</summary>
    internal void AddOrReplace(PricedModel model)
    {
        if (!TryAdd(model))
        {
            _models[_positions[(model.Provider, model.ModelId.ToLowerInvariant())]] = model;
        }
    }

    internal void Note(string note) => _notes.Add(note);

    internal PriceCatalog ToCatalog() => PriceCatalog.Create(_models, Info with { Notes = _notes });
}
