namespace MeaiBudget;

/// <summary>Options of <see cref="OllamaChatClientFactory"/>. An API key is only necessary for Ollama's cloud.</summary>
public sealed class OllamaChatClientOptions : ProviderClientOptions
{
    /// <summary>Gets or sets the context window in tokens (<c>num_ctx</c>) of requests that set none.</summary>
    /// <value>The default is <see langword="null"/> for the server's setting, which can be as small as 4,096 for every model.</value>
    public int? ContextLength { get; set; }

    /// <summary>Gets or sets a value indicating whether an <see cref="OllamaInputTruncatedException"/> is thrown if the server truncated the request.</summary>
    /// <value>The default is <see langword="false"/>: truncation is logged and passed to <see cref="InputTruncated"/>.</value>
    /// <remarks>
    /// If a request does not fit into the context window, Ollama silently removes the first messages and answers with status 200. The
    /// client detects this by a reported input far below the estimate. Some versions of Ollama do not count cached input and report too
    /// little, too. So test with <see cref="InputTruncated"/> first.
    /// </remarks>
    public bool ThrowWhenInputTruncated { get; set; }

    /// <summary>Gets or sets the method that is called if the server seems to have truncated a request. It runs on the thread that reads the answer.</summary>
    public Action<OllamaInputTruncation>? InputTruncated { get; set; }

    /// <summary>Gets or sets the estimator of the request's tokens, with which the reported input is compared.</summary>
    /// <value>The default is the estimator that the process shares.</value>
    public ITokenEstimator? TokenEstimator { get; set; }
}
