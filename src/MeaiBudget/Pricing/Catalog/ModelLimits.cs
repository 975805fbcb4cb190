namespace MeaiBudget;

/// <summary>Token limits of a model. Immutable.</summary>
/// <param name="ContextWindow">The context window in tokens; <see langword="null"/> if it is unknown.</param>
/// <param name="MaxOutputTokens">The maximum number of output tokens of one answer; <see langword="null"/> if it is unknown.</param>
/// <param name="IsReasoning"><see langword="true"/> if the model uses hidden reasoning tokens, which are billed as output.</param>
public sealed record ModelLimits(long? ContextWindow, long? MaxOutputTokens, bool IsReasoning);
