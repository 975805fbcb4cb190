using System.Globalization;

namespace MeaiBudget;

/// <summary>Thrown when a route failed so often that it is left alone for a while. Nothing was sent.</summary>
public class CircuitOpenException : InvalidOperationException
{
    /// <summary>Makes the exception.</summary>
    /// <param name="route">The route's name.</param>
    /// <param name="retryAfter">When one probe is let through.</param>
    public CircuitOpenException(string route, TimeSpan retryAfter)
        : base(string.Create(
            CultureInfo.InvariantCulture,
            $"Route '{route}' is resting after repeated failures; a probe is let through in {retryAfter.TotalSeconds:0.#} s."))
    {
        Route = route;
        RetryAfter = retryAfter;
    }

    /// <summary>Gets the route's name.</summary>
    public string Route { get; }

    /// <summary>Gets how long until a probe is let through.</summary>
    public TimeSpan RetryAfter { get; }
}
