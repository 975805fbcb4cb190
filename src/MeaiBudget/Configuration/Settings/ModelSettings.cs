namespace MeaiBudget;

/// <summary>One logical model, in configuration: its first route and its fallbacks.</summary>
public sealed class ModelSettings
{
    /// <summary>Gets or sets the route that is tried first; set either this or <see cref="Class"/>.</summary>
    public string? Route { get; set; }

    /// <summary>Gets or sets the class whose first route is tried first.</summary>
    public string? Class { get; set; }

    /// <summary>
    /// Gets or sets what is tried next, in this order: routes, or other logical models with all their routes.
    /// <see langword="null"/> for the other routes of the first route's class and then every local route; <c>[]</c> for no fallback.
    /// </summary>
    public IList<string>? Fallback { get; set; }
}
