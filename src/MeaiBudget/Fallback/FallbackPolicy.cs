using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>
/// The default policy. It tries the primary, then routes of its class in their order, then routes without a class, then local
/// routes. It skips routes of another class.
/// </summary>
/// <remarks>Immutable and thread-safe.</remarks>
internal sealed class FallbackPolicy : IFallbackPolicy
{
    private readonly bool _contentFilteredMovesOn;
    private readonly bool _byClass;

    /// <summary>Creates the policy.</summary>
    /// <param name="contentFilteredMovesOn">True to send a request that one provider's content filter rejected to another provider.</param>
    /// <param name="byClass">True to order routes by class; false to use the given order.</param>
    public FallbackPolicy(bool contentFilteredMovesOn = false, bool byClass = true)
    {
        _contentFilteredMovesOn = contentFilteredMovesOn;
        _byClass = byClass;
    }

    /// <inheritdoc/>
    public IEnumerable<ChatRoute> Order(IReadOnlyList<ChatRoute> routes, IReadOnlyList<ChatMessage> messages, ChatOptions? options)
    {
        ArgumentNullException.ThrowIfNull(routes);
        if (!_byClass)
        {
            return routes;
        }

        ChatRoute primary = routes[0];

        // Routes of equal rank keep their order.
        return routes
            .Where(route => ReferenceEquals(route, primary) || route.IsLocal
                || primary.ModelClass is null || route.ModelClass is null || route.ModelClass == primary.ModelClass)
            .OrderBy(route => ReferenceEquals(route, primary) ? 0 : route.IsLocal ? 3 : primary.ModelClass is null || route.ModelClass == primary.ModelClass ? 1 : 2);
    }

    /// <inheritdoc/>
    public bool MayMoveOn(ChatFailure failure, ChatRoute failed, ChatRoute next)
    {
        ArgumentNullException.ThrowIfNull(failure);
        ArgumentNullException.ThrowIfNull(failed);
        ArgumentNullException.ThrowIfNull(next);
        return failure.Kind switch
        {
            ChatFailureKind.Cancelled => false,
            ChatFailureKind.Refused => next.WhenOverBudget,
            ChatFailureKind.ContentFiltered => _contentFilteredMovesOn && next.WhenFailed,
            ChatFailureKind.ContextLengthExceeded => next.WhenFailed
                && next.KnownWindow is { } window && window > (failed.KnownWindow ?? 0),
            _ => failure.CanAnotherProviderHelp && next.WhenFailed,
        };
    }
}
