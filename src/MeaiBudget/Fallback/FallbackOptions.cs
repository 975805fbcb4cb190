using System.Collections.Frozen;

namespace MeaiBudget;

/// <summary>Options of <see cref="FallbackChatClient"/>; copied when the client is made.</summary>
public sealed class FallbackOptions
{
    /// <summary>Gets or sets the primary's name; <see langword="null"/> for one made from its metadata.</summary>
    public string? PrimaryName { get; set; }

    /// <summary>Gets or sets the primary's model class.</summary>
    public string? PrimaryModelClass { get; set; }

    /// <summary>Gets or sets the primary's context window in tokens.</summary>
    public long? PrimaryContextWindow { get; set; }

    /// <summary>Gets or sets the primary's tags.</summary>
    public IReadOnlyCollection<string> PrimaryTags { get; set; } = [];

    /// <summary>Gets or sets the primary's model id for each logical name.</summary>
    public IReadOnlyDictionary<string, string> PrimaryModelMap { get; set; } = FrozenDictionary<string, string>.Empty;

    /// <summary>Gets or sets when the circuit of the primary opens.</summary>
    public CircuitOptions PrimaryCircuit { get; set; } = new();

    /// <summary>Gets or sets the primary as a route, in place of the other members that begin with Primary; its client must be the pipeline's inner client.</summary>
    public ChatRoute? Primary { get; set; }

    /// <summary>Gets or sets the policy; <see langword="null"/> for <see cref="FallbackPolicy"/>.</summary>
    public IFallbackPolicy? Policy { get; set; }

    /// <summary>Gets or sets a value indicating whether alternates may stand outside every budget when the primary has one of its own. Default: false.</summary>
    public bool AllowUnbudgetedAlternates { get; set; }
}
