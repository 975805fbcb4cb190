namespace MeaiBudget;

/// <summary>A request that an Ollama server seems to have truncated. Immutable.</summary>
/// <param name="ModelId">The model; <see langword="null"/> if it is unknown.</param>
/// <param name="EstimatedInputTokens">The estimated number of tokens in the request.</param>
/// <param name="ReportedInputTokens">The number of input tokens that the server reported.</param>
/// <param name="ContextLength">The requested context window in tokens; <see langword="null"/> for the server's setting.</param>
public sealed record OllamaInputTruncation(string? ModelId, long EstimatedInputTokens, long ReportedInputTokens, int? ContextLength);
