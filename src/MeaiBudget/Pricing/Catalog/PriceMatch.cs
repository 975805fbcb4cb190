namespace MeaiBudget;

/// <summary>How a <see cref="PriceCatalog"/> found a model id.</summary>
public enum PriceMatch
{
    /// <summary>Not found. The price is unknown, which is never treated as zero.</summary>
    Unknown,

    /// <summary>Guessed from a prefix of the id or from its family. Useful for reports; enforcing budgets refuse it.</summary>
    Inferred,

    /// <summary>Found by another spelling (<c>4.5</c> and <c>4-5</c>, <c>-latest</c>).</summary>
    Alias,

    /// <summary>Found after a date was removed.</summary>
    DateStripped,

    /// <summary>Found after a provider, region or publisher prefix was removed.</summary>
    PrefixStripped,

    /// <summary>Found by the exact id.</summary>
    Exact,

    /// <summary>The application set the price.</summary>
    Override,

    /// <summary>The model is known to cost nothing, because it runs locally.</summary>
    Free,
}
