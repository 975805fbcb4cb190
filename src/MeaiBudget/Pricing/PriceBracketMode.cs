namespace MeaiBudget;

/// <summary>What a long-context bracket applies to, once the input (cached tokens included) is above its threshold.</summary>
public enum PriceBracketMode
{
    /// <summary>The whole request, output included: the rule of OpenAI, Anthropic, Google and xAI.</summary>
    WholeRequest,

    /// <summary>Only the input tokens beyond the threshold, counted with cache reads first and cache writes last, so that the dearest tokens lie beyond. Output keeps its base price.</summary>
    Marginal,
}
