using System.Globalization;

namespace MeaiBudget;

/// <summary>Thrown if a route gets no attempts because its circuit is open after repeated failures. Nothing was sent.</summary>
public class CircuitOpenException : InvalidOperationException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="route">The route's name.</param>
    /// <param name="retryAfter">The time until one attempt is let through as a probe.</param>
    public CircuitOpenException(string route, TimeSpan retryAfter)
        : base(string.Create(
            CultureInfo.InvariantCulture,
            $"The circuit of route '{route}' is open after repeated failures. It lets one attempt through as a probe in {retryAfter.TotalSeconds:0.#} s."))
    {
        Route = route;
        RetryAfter = retryAfter;
    }

    /// <summary>Gets the route's name.</summary>
    public string Route { get; }

    /// <summary>Gets the time until one attempt is let through as a probe.</summary>
    public TimeSpan RetryAfter { get; }
}
