using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>Retries attempts that failed for a transient reason, after a backoff. Thread-safe; changes nothing in a request.</summary>
/// <remarks>
/// The layer applies to all attempts below it. If a path has several, only the one nearest to the provider counts, so retries never
/// multiply. A stream is retried only before its first content.
/// </remarks>
public sealed class RetryChatClient : CallLayerChatClient
{
    private readonly RetryPolicy _policy;

    /// <summary>Makes the layer.</summary>
    /// <param name="innerClient">The client below.</param>
    /// <param name="options">The options; copied.</param>
    /// <exception cref="ArgumentOutOfRangeException">An option has a value that is not allowed.</exception>
    /// <exception cref="PipelineException">The layer stands outside function invocation.</exception>
    public RetryChatClient(IChatClient innerClient, RetryOptions? options = null)
        : this(innerClient, options, null)
    {
    }

    internal RetryChatClient(IChatClient innerClient, RetryOptions? options, CallLayerSetup? setup)
        : base(innerClient, setup)
    {
        _policy = new RetryPolicy(options ?? new RetryOptions(), Setup.TimeProvider);
        PipelineRules.CheckRetry(innerClient, Next);
    }

    private protected override CallPath Contribute(CallPath path, ISpendGate? run) => path.WithRetry(_policy);
}
