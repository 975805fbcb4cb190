namespace MeaiBudget;

/// <summary>The tokens to which a long-context bracket applies if the input (including cached tokens) exceeds its threshold.</summary>
internal enum PriceBracketMode
{
    /// <summary>The whole request, including output, as OpenAI, Anthropic, Google and xAI bill.</summary>
    WholeRequest,

    /// <summary>
    /// Only the input tokens above the threshold. Tokens are counted with cache reads first and cache writes last, so that the most
    /// expensive tokens are above it. Output keeps its base price.
    /// </summary>
    Marginal,
}
