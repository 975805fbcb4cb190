using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>Decides the order in which routes are tried and after which failures the next one is tried. Implementations are thread-safe.</summary>
public interface IFallbackPolicy
{
    /// <summary>
    /// Creates the default policy. It tries the primary, then routes of its class in their order, then routes without a class, then
    /// local routes. It skips routes of another class. Immutable and thread-safe.
    /// </summary>
    /// <param name="contentFilteredMovesOn">True to send a request that one provider's content filter rejected to another provider.</param>
    /// <param name="byClass">True to order routes by class; false to use the given order.</param>
    /// <returns>The policy.</returns>
    static IFallbackPolicy Create(bool contentFilteredMovesOn = false, bool byClass = true) => new FallbackPolicy(contentFilteredMovesOn, byClass);

    /// <summary>
    /// Gets the policy that tries the routes in the given order, whatever their class: for example a provisioned deployment first, then
    /// pay-as-you-go ones, which take over while the first one answers 429.
    /// </summary>
    static IFallbackPolicy InOrder { get; } = new FallbackPolicy(byClass: false);

    /// <summary>
    /// Gets the policy that tries first the route with the fewest attempts in progress, in this process, of those whose circuit is closed.
    /// Equal routes are tried in the given order.
    /// </summary>
    static IFallbackPolicy LeastLoaded { get; } = new SpillOverPolicy(
        static routes => routes.OrderBy(static route => route.IsCircuitOpen).ThenBy(static route => route.Attempts.Running));

    /// <summary>Returns the policy that chooses the first route at random by <see cref="ChatRoute.Weight"/>, then the next ones in the same way. Routes whose circuit is open come last.</summary>
    /// <param name="randomizer">Returns values from 0 to below 1, and must be thread-safe; <see langword="null"/> for the runtime's.</param>
    /// <returns>The policy.</returns>
    static IFallbackPolicy Weighted(Func<double>? randomizer = null) => new SpillOverPolicy(routes => SpillOverPolicy.ByWeight(routes, randomizer ?? SpillOverPolicy.Random));

    /// <summary>Returns the policy that tries first the routes with a tag, for example of the nearest region, and then the others.</summary>
    /// <param name="tag">The tag, as in <see cref="ChatRoute.Tags"/>.</param>
    /// <param name="then">Orders the routes within both groups; <see langword="null"/> for <see cref="InOrder"/>.</param>
    /// <returns>The policy.</returns>
    static IFallbackPolicy PreferTag(string tag, IFallbackPolicy? then = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(tag);
        return new SpillOverPolicy(routes => routes.OrderBy(route => !route.Tags.Contains(tag, StringComparer.OrdinalIgnoreCase)), then);
    }

    /// <summary>Orders the routes for one call. A route that is missing is not tried; a repeated route is tried once.</summary>
    /// <param name="routes">All routes, the primary first.</param>
    /// <param name="messages">The messages; not to be changed.</param>
    /// <param name="options">The caller's options; not to be changed.</param>
    /// <returns>The routes in the order to try them.</returns>
    IEnumerable<ChatRoute> Order(IReadOnlyList<ChatRoute> routes, IReadOnlyList<ChatMessage> messages, ChatOptions? options);

    /// <summary>Returns whether a route may be tried after another failed.</summary>
    /// <param name="failure">The failure. If a budget refused the attempt, its kind is <see cref="ChatFailureKind.Refused"/>.</param>
    /// <param name="failed">The route that failed.</param>
    /// <param name="next">The route to try next.</param>
    /// <returns><see langword="true"/> if it may be tried; <see langword="false"/> to skip it.</returns>
    bool MayMoveOn(ChatFailure failure, ChatRoute failed, ChatRoute next);
}
