namespace MeaiBudget;

/// <summary>The source of a <see cref="TokenEstimate"/>.</summary>
public enum TokenEstimateSource
{
    /// <summary>A heuristic for the model's family.</summary>
    Heuristic,

    /// <summary>A heuristic, corrected by earlier usage that the provider reported.</summary>
    Learned,

    /// <summary>The model's own tokenizer and framing rules.</summary>
    Exact,

    /// <summary>The provider's counting endpoint.</summary>
    Provider,
}
