namespace MeaiBudget;

/// <summary>What an attempt was, as a ledger that keeps records writes it down. Holds no content.</summary>
public sealed record LedgerCallInfo
{
    /// <summary>Gets when the attempt was admitted.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>Gets the provider's name.</summary>
    public string? Provider { get; init; }

    /// <summary>Gets the model that was asked.</summary>
    public string? ModelId { get; init; }

    /// <summary>Gets the route's name.</summary>
    public string? Route { get; init; }

    /// <summary>Gets the route's model class.</summary>
    public string? ModelClass { get; init; }

    /// <summary>Gets a value indicating whether the route was known to cost nothing, which its model's id alone does not tell.</summary>
    public bool IsFree { get; init; }

    /// <summary>Gets the run's id.</summary>
    public string? RunId { get; init; }

    /// <summary>Gets the tags that budgets partition by.</summary>
    public IReadOnlyDictionary<string, string>? Tags { get; init; }

    /// <summary>Gets the estimated input tokens.</summary>
    public long EstimatedInputTokens { get; init; }

    /// <summary>Gets the bound of the input tokens that was reserved.</summary>
    public long ReservedInputTokens { get; init; }

    /// <summary>Gets the bound of the output tokens that was reserved.</summary>
    public long ReservedOutputTokens { get; init; }

    /// <summary>Gets the reserved amount in nano-dollars.</summary>
    public long ReservedNanoDollars { get; init; }
}
