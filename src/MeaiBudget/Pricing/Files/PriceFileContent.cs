namespace MeaiBudget;

/// <summary>The content of a price file that was read so far.</summary>
internal sealed class PriceFileContent
{
    private readonly Dictionary<(string?, string), int> _positions = [];
    private readonly List<PricedModel> _models = [];
    private readonly List<string> _notes = [];

    internal PriceCatalogInfo Info { get; set; } = new();

    /// <summary>True if the file has a list of models in this library's format.</summary>
    internal bool HasModels { get; set; }

    /// <summary>True if the file has a list of providers in genai-prices' format.</summary>
    internal bool HasProviders { get; set; }

    internal bool HasPrices => _models.Count > 0;

    /// <summary>Adds a model; returns false if the file already has this id of this provider.</summary>
    internal bool TryAdd(PricedModel model)
    {
        if (!_positions.TryAdd((model.Provider, model.ModelId.ToLowerInvariant()), _models.Count))
        {
            return false;
        }

        _models.Add(model);
        return true;
    }

    /// <summary>Adds a model, and replaces an earlier one with the same provider and id, as LiteLLM and genai-prices do.</summary>
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
