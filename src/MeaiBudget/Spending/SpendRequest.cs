namespace MeaiBudget;

/// <summary>What an attempt would spend at most, asked of a budget.</summary>
public sealed record SpendRequest
{
    /// <summary>Gets the call's id.</summary>
    public required Guid CallId { get; init; }

    /// <summary>Gets the attempt within the call, from 1.</summary>
    public required int Attempt { get; init; }

    /// <summary>Gets the model that would be asked: the provider's id, never a logical name.</summary>
    public required string ModelId { get; init; }

    /// <summary>Gets the logical name or the id that the caller asked for, where the application's own price may stand.</summary>
    public string? RequestedModelId { get; init; }

    /// <summary>Gets the provider's name.</summary>
    public string? Provider { get; init; }

    /// <summary>Gets the provider's address, which tells a local model from a hosted one.</summary>
    public Uri? ProviderUri { get; init; }

    /// <summary>Gets the route's name.</summary>
    public string? Route { get; init; }

    /// <summary>Gets the route's model class.</summary>
    public string? ModelClass { get; init; }

    /// <summary>Gets a value indicating whether the route is known to cost nothing (declared local, or a local Ollama model).</summary>
    public bool IsFree { get; init; }

    /// <summary>Gets the tags that budgets partition by.</summary>
    public IReadOnlyDictionary<string, string>? Tags { get; init; }

    /// <summary>Gets the estimate of the request.</summary>
    public required TokenEstimate Estimate { get; init; }

    /// <summary>Gets the bound of the output tokens to reserve.</summary>
    public required long OutputTokens { get; init; }

    /// <summary>Gets the service tier asked for, which is billed too where the usage names none; <see langword="null"/> for the standard one.</summary>
    public string? ServiceTier { get; init; }

    /// <summary>Gets how long the reservation stands without being renewed.</summary>
    public TimeSpan Lease { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>Gets what an open tool loop keeps back for a closing answer; <see langword="null"/> for nothing.</summary>
    internal ClosingReserve? Closing { get; init; }

    /// <summary>Gets the run that the call belongs to; <see langword="null"/> for the one that is current where it is asked.</summary>
    internal ISpendGate? Run { get; init; }

    /// <summary>Gets a value indicating whether whoever asks may ask again, for less or later, and reports the refusal when it is final.</summary>
    internal bool ReportsRefusal { get; init; }

    /// <summary>Gets the prices of the nearest tracker on the path, for a run that has no tracker of its own.</summary>
    internal PriceCatalog? Catalog { get; init; }

    /// <summary>Gets the number of the reservation within the attempt: 0 for the first, more for requests that are sent again or ask more.</summary>
    internal int Part { get; init; }

    /// <summary>Gets what an earlier reservation of the attempt is sufficient for already; only what exceeds it is reserved.</summary>
    internal SpendRequest? Covered { get; init; }
}
