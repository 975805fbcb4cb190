namespace MeaiBudget;

/// <summary>A request that an Ollama server seems to have cut before the model saw it.</summary>
/// <param name="ModelId">The model.</param>
/// <param name="EstimatedInputTokens">How many tokens the request was estimated to have.</param>
/// <param name="ReportedInputTokens">How many the server says that the model read.</param>
/// <param name="ContextLength">The context window that was asked for; <see langword="null"/> for the server's own.</param>
public sealed record OllamaInputTruncation(string? ModelId, long EstimatedInputTokens, long ReportedInputTokens, int? ContextLength);
