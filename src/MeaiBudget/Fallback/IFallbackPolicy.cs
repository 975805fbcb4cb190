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
