namespace MeaiBudget;

/// <summary>The description of an attempt for ledgers that keep records. Holds no content of messages.</summary>
public sealed record LedgerCallInfo
{
    /// <summary>Gets when the attempt was admitted.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>Gets the provider's name.</summary>
    public string? Provider { get; init => field = WrittenText.Of(value); }

    /// <summary>Gets the requested model.</summary>
    public string? ModelId { get; init => field = WrittenText.Of(value); }

    /// <summary>Gets the route's name.</summary>
    public string? Route { get; init => field = WrittenText.Of(value); }

    /// <summary>Gets the route's model class.</summary>
    public string? ModelClass { get; init => field = WrittenText.Of(value); }

    /// <summary>Gets a value indicating whether the route costs nothing, for example a local model.</summary>
    public bool IsFree { get; init; }

    /// <summary>Gets the route that the call left before this attempt; <see langword="null"/> if it has not left one.</summary>
    public string? FallbackFrom { get; init => field = WrittenText.Of(value); }

    /// <summary>Gets why the call left <see cref="FallbackFrom"/>, for example <c>RateLimited (HTTP 429)</c>; <see langword="null"/> if it has not left one.</summary>
    public string? FallbackReason { get; init => field = WrittenText.Of(value); }

    /// <summary>Gets the run's id.</summary>
    public string? RunId { get; init; }

    /// <summary>Gets the tags that budgets partition by, and those named in <c>CostTrackerOptions.RecordedTags</c>. Secrets in their values are redacted.</summary>
    public IReadOnlyDictionary<string, string>? Tags { get; init; }

    /// <summary>Gets the estimated input tokens.</summary>
    public long EstimatedInputTokens { get; init; }

    /// <summary>Gets the reserved input tokens.</summary>
    public long ReservedInputTokens { get; init; }

    /// <summary>Gets the reserved output tokens.</summary>
    public long ReservedOutputTokens { get; init; }

    /// <summary>Gets the reserved amount in nano-dollars.</summary>
    public long ReservedNanoDollars { get; init; }
}
