namespace MeaiBudget;

/// <summary>Says in which order routes are asked, and after which failures the next one is. Implementations are thread-safe.</summary>
public interface IFallbackPolicy
{
    /// <summary>Orders the routes for one call. A route that is left out is not asked; one that comes twice is asked once.</summary>
    /// <param name="context">The call.</param>
    /// <returns>The routes in order.</returns>
    IEnumerable<ChatRoute> Order(FallbackContext context);

    /// <summary>Says whether a route may be asked after another failed.</summary>
    /// <param name="failure">Why it failed: a budget's refusal has the kind <see cref="ChatFailureKind.Refused"/>.</param>
    /// <param name="failed">The route that failed.</param>
    /// <param name="next">The route that would be asked.</param>
    /// <returns>Whether it may be asked; if not, the route is skipped.</returns>
    bool MayMoveOn(ChatFailure failure, ChatRoute failed, ChatRoute next);
}
