namespace MeaiBudget;

/// <summary>Where a <see cref="TokenEstimate"/> comes from.</summary>
public enum TokenEstimateSource
{
    /// <summary>A heuristic for the model's family.</summary>
    Heuristic,

    /// <summary>A heuristic, corrected by what the provider reported before.</summary>
    Learned,

    /// <summary>The model's own tokenizer and framing rules.</summary>
    Exact,

    /// <summary>The provider's own counting endpoint.</summary>
    Provider,
}
