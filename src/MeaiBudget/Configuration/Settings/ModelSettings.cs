namespace MeaiBudget;

/// <summary>One logical model, in configuration: who answers for it, and who if that one cannot.</summary>
public sealed class ModelSettings
{
    /// <summary>Gets or sets the route that is asked first; either this or <see cref="Class"/>.</summary>
    public string? Route { get; set; }

    /// <summary>Gets or sets the class whose first member is asked first.</summary>
    public string? Class { get; set; }

    /// <summary>
    /// Gets or sets who is asked next, in this order: routes, or other logical models with all that are asked for them.
    /// <see langword="null"/> for the other members of the first route's class and then every local route; <c>[]</c> for nobody.
    /// </summary>
    public IList<string>? Fallback { get; set; }
}
