namespace MeaiBudget;

/// <summary>How a <see cref="Cost"/> is known.</summary>
public enum CostKind
{
    /// <summary>No price was known; the amount says nothing.</summary>
    Unknown,

    /// <summary>Computed from token counts of our own.</summary>
    Estimated,

    /// <summary>Computed from the provider's token counts and a known price.</summary>
    Computed,

    /// <summary>Stated by the provider or its proxy.</summary>
    ProviderStated,
}
