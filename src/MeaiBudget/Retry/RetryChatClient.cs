using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>Retries attempts that failed with a transient error, with backoff. Thread-safe; does not change requests.</summary>
/// <remarks>
/// The client sets the retry policy for the attempts below it. If a path has several retry layers, only the one nearest to the
/// provider applies, so retries do not multiply. A stream is retried only before its first content.
/// </remarks>
public sealed class RetryChatClient : CallLayerChatClient
{
    private readonly RetryPolicy _policy;

    /// <summary>Creates the client.</summary>
    /// <param name="innerClient">The client below.</param>
    /// <param name="options">The options; copied.</param>
    /// <exception cref="PipelineException">The layer is above function invocation.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An option is outside its range.</exception>
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
