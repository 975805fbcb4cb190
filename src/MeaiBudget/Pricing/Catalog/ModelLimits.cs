namespace MeaiBudget;

/// <summary>What a model can take and give.</summary>
/// <param name="ContextWindow">The context window in tokens; <see langword="null"/> if not known.</param>
/// <param name="MaxOutputTokens">The most output tokens of one answer; <see langword="null"/> if not known.</param>
/// <param name="IsReasoning">Whether the model spends hidden reasoning tokens, billed as output.</param>
public sealed record ModelLimits(long? ContextWindow, long? MaxOutputTokens, bool IsReasoning);
