namespace MeaiBudget;

/// <summary>Confidence in a price of a catalog.</summary>
internal enum PriceConfidence
{
    /// <summary>Only one source has the price.</summary>
    SingleSource,

    /// <summary>Sources disagreed. A person chose one of them; the catalog has the reason.</summary>
    Decided,

    /// <summary>Two sources agree, or the price was checked on a page of the provider.</summary>
    Verified,
}
