namespace MeaiBudget;

/// <summary>How a <see cref="Cost"/> was determined.</summary>
public enum CostKind
{
    /// <summary>No price was known. The amount has no meaning.</summary>
    Unknown,

    /// <summary>Computed from estimated token counts.</summary>
    Estimated,

    /// <summary>Computed from the provider's token counts and a known price.</summary>
    Computed,

    /// <summary>Stated by the provider or its proxy.</summary>
    ProviderStated,
}
