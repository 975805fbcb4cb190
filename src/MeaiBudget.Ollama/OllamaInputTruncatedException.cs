namespace MeaiBudget;

/// <summary>An Ollama server answered, but seems to have cut the request to its context window first.</summary>
public sealed class OllamaInputTruncatedException : Exception
{
    /// <summary>Makes an exception.</summary>
    /// <param name="truncation">What was noticed.</param>
    public OllamaInputTruncatedException(OllamaInputTruncation truncation)
        : base($"Ollama read {truncation?.ReportedInputTokens} of about {truncation?.EstimatedInputTokens} input tokens: the request did not fit into the "
            + "context window and its beginning was lost. Raise ContextLength (num_ctx), choose a model with a larger window, or shorten the conversation.") =>
        Truncation = truncation ?? throw new ArgumentNullException(nameof(truncation));

    /// <summary>Gets what was noticed.</summary>
    public OllamaInputTruncation Truncation { get; }
}
