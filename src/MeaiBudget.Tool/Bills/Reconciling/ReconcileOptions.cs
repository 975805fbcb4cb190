namespace MeaiBudget.Tool;

/// <summary>What to compare, and how.</summary>
internal sealed record ReconcileOptions
{
    public required DateTimeOffset Now { get; init; }

    public PriceCatalog Catalog { get; init; } = PriceCatalog.Default;

    /// <summary>Gets the first moment; null for that of the bills.</summary>
    public DateTimeOffset? From { get; init; }

    /// <summary>Gets the moment after the last; null for that of the bills.</summary>
    public DateTimeOffset? To { get; init; }

    public ReconcileTolerance Tolerance { get; init; } = ReconcileTolerance.Default;

    /// <summary>Gets the tag whose value is the bill's project or workspace; null to compare all projects together.</summary>
    public string? ProjectTag { get; init; }

    /// <summary>Gets the tag whose value is the bill's key; null to compare all keys together.</summary>
    public string? KeyTag { get; init; }

    public IReadOnlySet<string> Projects { get; init; } = new HashSet<string>();

    public IReadOnlySet<string> Keys { get; init; } = new HashSet<string>();
}
