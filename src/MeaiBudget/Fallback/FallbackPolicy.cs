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

    /// <summary>
    /// Gets the policy that tries the routes in the given order, whatever their class: for example a provisioned deployment first, then
    /// pay-as-you-go ones, which take over while the first one answers 429.
    /// </summary>
    public static IFallbackPolicy InOrder { get; } = new FallbackPolicy(byClass: false);

    /// <summary>
    /// Gets the policy that tries first the route with the fewest attempts in progress, in this process, of those whose circuit is closed.
    /// Equal routes are tried in the given order.
    /// </summary>
    public static IFallbackPolicy LeastLoaded { get; } = new SpillOverPolicy(
        static routes => routes.OrderBy(static route => route.IsCircuitOpen).ThenBy(static route => route.Attempts.Running));

    /// <summary>Returns the policy that chooses the first route at random by <see cref="ChatRoute.Weight"/>, then the next ones in the same way. Routes whose circuit is open come last.</summary>
    /// <param name="randomizer">Returns values from 0 to below 1, and must be thread-safe; <see langword="null"/> for the runtime's.</param>
    /// <returns>The policy.</returns>
    public static IFallbackPolicy Weighted(Func<double>? randomizer = null) => new SpillOverPolicy(routes => SpillOverPolicy.ByWeight(routes, randomizer ?? SpillOverPolicy.Random));

    /// <summary>Returns the policy that tries first the routes with a tag, for example of the nearest region, and then the others.</summary>
    /// <param name="tag">The tag, as in <see cref="ChatRoute.Tags"/>.</param>
    /// <param name="then">Orders the routes within both groups; <see langword="null"/> for <see cref="InOrder"/>.</param>
    /// <returns>The policy.</returns>
    public static IFallbackPolicy PreferTag(string tag, IFallbackPolicy? then = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(tag);
        return new SpillOverPolicy(routes => routes.OrderBy(route => !route.Tags.Contains(tag, StringComparer.OrdinalIgnoreCase)), then);
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
        return routes.Select((route, index) => (route, index))
            .Where(entry => ReferenceEquals(entry.route, primary) || entry.route.IsLocal
                || primary.ModelClass is null || entry.route.ModelClass is null || entry.route.ModelClass == primary.ModelClass)
            .OrderBy(entry => ReferenceEquals(entry.route, primary) ? 0 : entry.route.IsLocal ? 3 : primary.ModelClass is null || entry.route.ModelClass == primary.ModelClass ? 1 : 2)
            .ThenBy(entry => entry.index)
            .Select(entry => entry.route);
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
