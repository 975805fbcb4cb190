namespace MeaiBudget;

/// <summary>Thrown if an Ollama server answered but seems to have truncated the request to its context window.</summary>
public sealed class OllamaInputTruncatedException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="truncation">The sizes that were compared.</param>
    public OllamaInputTruncatedException(OllamaInputTruncation truncation)
        : base($"Ollama read only {truncation?.ReportedInputTokens} of about {truncation?.EstimatedInputTokens} input tokens. The request did not fit into the "
            + "context window and its beginning was lost. Raise ContextLength (num_ctx), choose a model with a larger window, or shorten the conversation.") =>
        Truncation = truncation ?? throw new ArgumentNullException(nameof(truncation));

    /// <summary>Gets the sizes that were compared.</summary>
    public OllamaInputTruncation Truncation { get; }
}
