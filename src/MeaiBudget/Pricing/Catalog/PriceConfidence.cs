namespace MeaiBudget;

/// <summary>How far a price in a catalog can be trusted.</summary>
internal enum PriceConfidence
{
    /// <summary>Stated by one source only.</summary>
    SingleSource,

    /// <summary>Sources disagreed; which one is right was decided, with the reason in the catalog.</summary>
    Decided,

    /// <summary>Two sources agree, or a page of the provider was checked by hand.</summary>
    Verified,
}
