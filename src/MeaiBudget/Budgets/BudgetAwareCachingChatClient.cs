using Microsoft.Extensions.AI;
using Microsoft.Extensions.Caching.Distributed;

namespace MeaiBudget;

/// <summary>MEAI's distributed response cache, but for answers that a budget cut short: those are not stored, or everyone would be served them.</summary>
/// <remarks>Thread-safe. A hit costs nothing, so it belongs above every budget.</remarks>
public class BudgetAwareCachingChatClient : DistributedCachingChatClient
{
    /// <summary>Makes the cache.</summary>
    /// <param name="innerClient">The client below.</param>
    /// <param name="storage">Where answers are kept.</param>
    public BudgetAwareCachingChatClient(IChatClient innerClient, IDistributedCache storage)
        : base(innerClient, storage)
    {
    }

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
