using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>Orders routes that serve the same model, so that the load of one spills over to the next. Moves on as <see cref="FallbackPolicy"/> does.</summary>
/// <param name="order">Orders the routes; a stable order keeps that of <paramref name="inner"/> among equals.</param>
/// <param name="inner">The policy that orders before; <see langword="null"/> for the given order.</param>
internal sealed class SpillOverPolicy(Func<IEnumerable<ChatRoute>, IEnumerable<ChatRoute>> order, IFallbackPolicy? inner = null) : IFallbackPolicy
{
    private readonly IFallbackPolicy _inner = inner ?? new FallbackPolicy(byClass: false);

    public IEnumerable<ChatRoute> Order(IReadOnlyList<ChatRoute> routes, IReadOnlyList<ChatMessage> messages, ChatOptions? options) =>
        order(_inner.Order(routes, messages, options));

    public bool MayMoveOn(ChatFailure failure, ChatRoute failed, ChatRoute next) => _inner.MayMoveOn(failure, failed, next);

    /// <summary>Orders routes at random by weight: a heavier route is more likely to be first. Routes of weight zero and those with an open circuit come last.</summary>
    /// <remarks>Each route gets the key u^(1/weight) (Efraimidis and Spirakis, "Weighted random sampling with a reservoir", 2006).</remarks>
    public static IEnumerable<ChatRoute> ByWeight(IEnumerable<ChatRoute> routes, Func<double> randomizer) => routes
        .Select(route => (Route: route, Key: route.Weight == 0 ? -1 : Math.Pow(randomizer(), 1 / route.Weight)))
        .OrderBy(static entry => entry.Route.IsCircuitOpen)
        .ThenByDescending(static entry => entry.Key)
        .Select(static entry => entry.Route)
        .ToArray();

    public static double Random() => System.Security.Cryptography.RandomNumberGenerator.GetInt32(int.MaxValue) / (double)int.MaxValue;
}
