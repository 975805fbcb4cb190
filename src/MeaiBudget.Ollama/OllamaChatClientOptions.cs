using Microsoft.Extensions.Logging;

namespace MeaiBudget;

/// <summary>How <see cref="OllamaChatClientFactory"/> makes a client. No key is needed but for Ollama's cloud.</summary>
public sealed class OllamaChatClientOptions : ProviderClientOptions
{
    /// <summary>Gets or sets the context window in tokens that is asked for (<c>num_ctx</c>) where a request asks for none.</summary>
    /// <value>By default <see langword="null"/>: the server's own, which can be as small as 4,096 whatever the model could hold.</value>
    public int? ContextLength { get; set; }

    /// <summary>Gets or sets a value indicating whether an answer to a request that the server cut is refused.</summary>
    /// <value>By default <see langword="false"/>: it is reported.</value>
    /// <remarks>
    /// Ollama cuts what does not fit into its context window without a word: the first messages are lost and the answer comes with
    /// status 200. It is noticed by a reported input far below the estimate. Versions that do not count what their cache held
    /// report little too, so try <see cref="InputTruncated"/> first.
    /// </remarks>
    public bool ThrowWhenInputTruncated { get; set; }

    /// <summary>Gets or sets what is called when the server seems to have cut a request; called on the thread that reads the answer.</summary>
    public Action<OllamaInputTruncation>? InputTruncated { get; set; }

    /// <summary>Gets or sets the estimator that tells how large a request is.</summary>
    /// <value>By default the one that the process shares.</value>
    public ITokenEstimator? TokenEstimator { get; set; }

    /// <summary>Gets or sets where cut requests are logged; <see langword="null"/> for nowhere.</summary>
    public ILoggerFactory? LoggerFactory { get; set; }
}
