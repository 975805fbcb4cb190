using System.Collections.Frozen;

namespace MeaiBudget;

/// <summary>Options of <see cref="FallbackChatClient"/>; copied when the client is created.</summary>
public sealed class FallbackOptions
{
    /// <summary>Gets or sets the primary's route name; <see langword="null"/> to derive it from the client's metadata.</summary>
    public string? PrimaryName { get; set; }

    /// <summary>Gets or sets the primary's model class; <see langword="null"/> for none.</summary>
    public string? PrimaryModelClass { get; set; }

    /// <summary>Gets or sets the primary's context window in tokens; <see langword="null"/> if it is unknown.</summary>
    public long? PrimaryContextWindow { get; set; }

    /// <summary>Gets or sets the primary's tags.</summary>
    public IReadOnlyCollection<string> PrimaryTags { get; set; } = [];

    /// <summary>Gets or sets the primary's model ids by logical name.</summary>
    public IReadOnlyDictionary<string, string> PrimaryModelMap { get; set; } = FrozenDictionary<string, string>.Empty;

    /// <summary>Gets or sets the options of the primary's circuit breaker.</summary>
    public CircuitOptions PrimaryCircuit { get; set; } = new();

    /// <summary>Gets or sets the primary as a route. It replaces the other Primary... properties, and its client must be the pipeline's inner client.</summary>
    public ChatRoute? Primary { get; set; }

    /// <summary>Gets or sets the policy; <see langword="null"/> for the default of <see cref="IFallbackPolicy.Create"/>.</summary>
    public IFallbackPolicy? Policy { get; set; }

    /// <summary>
    /// Gets or sets a value indicating whether alternates may be used without a budget although the primary has a budget below the
    /// fallback. Default: false.
    /// </summary>
    public bool AllowUnbudgetedAlternates { get; set; }
}
