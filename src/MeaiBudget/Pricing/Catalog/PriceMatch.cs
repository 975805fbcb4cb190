namespace MeaiBudget;

/// <summary>How a model id was found in a <see cref="PriceCatalog"/>.</summary>
public enum PriceMatch
{
    /// <summary>Not found: the price is not known, which is never the same as zero.</summary>
    Unknown,

    /// <summary>Guessed from the beginning of the id or its family; good for reports, refused by enforcing budgets.</summary>
    Inferred,

    /// <summary>Found after aliases of spelling (<c>4.5</c> and <c>4-5</c>, <c>-latest</c>).</summary>
    Alias,

    /// <summary>Found after a date was taken off.</summary>
    DateStripped,

    /// <summary>Found after a provider, region or publisher prefix was taken off.</summary>
    PrefixStripped,

    /// <summary>Found as written.</summary>
    Exact,

    /// <summary>Given by the application.</summary>
    Override,

    /// <summary>Known to cost nothing: a local model.</summary>
    Free,
}
