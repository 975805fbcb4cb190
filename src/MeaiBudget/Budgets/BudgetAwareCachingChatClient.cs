using Microsoft.Extensions.AI;
using Microsoft.Extensions.Caching.Distributed;

namespace MeaiBudget;

/// <summary>A distributed response cache that does not store answers cut or replaced by a budget, so that later callers do not receive them.</summary>
/// <remarks>Thread-safe. A cache hit costs nothing, so put this client above all budgets.</remarks>
public class BudgetAwareCachingChatClient : DistributedCachingChatClient
{
    /// <summary>Creates the cache.</summary>
    /// <param name="innerClient">The client below.</param>
    /// <param name="storage">The storage of the answers.</param>
    public BudgetAwareCachingChatClient(IChatClient innerClient, IDistributedCache storage)
        : base(innerClient, storage)
    {
    }

    /// <inheritdoc/>
    /// <remarks>An answer in the background is not cached: a request that fetches it must see how far it is.</remarks>
    protected override bool EnableCaching(IEnumerable<ChatMessage> messages, ChatOptions? options) =>
        options is not ({ ContinuationToken: not null } or { AllowBackgroundResponses: true }) && base.EnableCaching(messages, options);

    /// <inheritdoc/>
    protected override Task WriteCacheAsync(string key, ChatResponse value, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(value);
        return MeaiBudgetFinishReasons.IsOurs(value.FinishReason) ? Task.CompletedTask : base.WriteCacheAsync(key, value, cancellationToken);
    }

    /// <inheritdoc/>
    protected override Task WriteCacheStreamingAsync(string key, IReadOnlyList<ChatResponseUpdate> value, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(value);
        return value.Any(update => MeaiBudgetFinishReasons.IsOurs(update.FinishReason))
            ? Task.CompletedTask
            : base.WriteCacheStreamingAsync(key, value, cancellationToken);
    }
}
