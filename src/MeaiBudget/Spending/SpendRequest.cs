namespace MeaiBudget;

/// <summary>An attempt that asks a budget for admission, with the most that it can spend.</summary>
public sealed record SpendRequest
{
    /// <summary>Gets the call's id.</summary>
    public required Guid CallId { get; init; }

    /// <summary>Gets the attempt within the call, from 1.</summary>
    public required int Attempt { get; init; }

    /// <summary>Gets the requested model: the provider's id, not a logical name.</summary>
    public required string ModelId { get; init; }

    /// <summary>Gets the logical name or id that the caller asked for; a price override may exist for it.</summary>
    public string? RequestedModelId { get; init; }

    /// <summary>Gets the provider's name.</summary>
    public string? Provider { get; init; }

    /// <summary>Gets the provider's address, which distinguishes local from hosted models.</summary>
    public Uri? ProviderUri { get; init; }

    /// <summary>Gets the route's name.</summary>
    public string? Route { get; init; }

    /// <summary>Gets the route's model class.</summary>
    public string? ModelClass { get; init; }

    /// <summary>Gets a value indicating whether the route costs nothing: it was declared local, or serves a local Ollama model.</summary>
    public bool IsFree { get; init; }

    /// <summary>Gets the tags that budgets partition by.</summary>
    public IReadOnlyDictionary<string, string>? Tags { get; init; }

    /// <summary>Gets the estimate of the request's tokens.</summary>
    public required TokenEstimate Estimate { get; init; }

    /// <summary>Gets the most output tokens, which are reserved; zero or more.</summary>
    public required long OutputTokens { get; init; }

    /// <summary>Gets the requested service tier. It is also billed if the usage names none; <see langword="null"/> for the standard tier.</summary>
    public string? ServiceTier { get; init; }

    /// <summary>Gets how long the reservation stays open without being renewed; 2 minutes by default.</summary>
    public TimeSpan Lease { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>Gets what a tool loop reserves for its closing answer; <see langword="null"/> for nothing.</summary>
    internal ClosingReserve? Closing { get; init; }

    /// <summary>Gets the run of the call; <see langword="null"/> for the current one.</summary>
    internal ISpendGate? Run { get; init; }

    /// <summary>Gets a value indicating whether the caller reports a final refusal itself, because it may reserve again for less or later.</summary>
    internal bool ReportsRefusal { get; init; }

    /// <summary>Gets the prices of the nearest tracker on the path, for a run without a tracker.</summary>
    internal PriceCatalog? Catalog { get; init; }

    /// <summary>Gets a value indicating whether the request is a raw one that cannot be read before it is sent, so that its worst case is unknown.</summary>
    internal bool IsUnseen { get; init; }

    /// <summary>Gets why an unseen request could not be read although it passes a handler of this library; <see langword="null"/> if it does not pass one.</summary>
    internal string? UnreadableAdvice { get; init; }

    /// <summary>Gets the number of the reservation within the attempt: 0 for the first one, then one more for each repeated or larger request.</summary>
    internal int Part { get; init; }

    /// <summary>Gets the route that the call left before this attempt, and why; <see langword="null"/> if it has not left one.</summary>
    internal (string From, string Reason)? Fallback { get; init; }

    /// <summary>Gets a value indicating whether more is reserved for an answer that is arriving. It does not queue behind waiting calls: what they wait for ends no sooner without it.</summary>
    internal bool IsStep { get; init; }

    /// <summary>Gets the earlier reservation's request of the same attempt. Only the amount that exceeds it is reserved; <see langword="null"/> for none.</summary>
    internal SpendRequest? Covered { get; init; }
}
