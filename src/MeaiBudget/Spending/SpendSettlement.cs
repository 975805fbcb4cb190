namespace MeaiBudget;

/// <summary>What an admitted attempt used.</summary>
public readonly record struct SpendSettlement
{
    /// <summary>Gets the usage.</summary>
    public required BillableUsage Usage { get; init; }

    /// <summary>Gets the answering model, as the provider named it; <see langword="null"/> for the requested one.</summary>
    public string? ResponseModelId { get; init; }

    /// <summary>Gets a value indicating whether the usage is estimated and not reported by the provider. A later settlement with reported usage replaces it.</summary>
    public bool IsUnconfirmed { get; init; }

    /// <summary>Gets how the attempt ended.</summary>
    public AttemptOutcome Outcome { get; init; }

    /// <summary>Gets a value indicating whether the answer was fetched by a request that may have been made before, also by another process.</summary>
    internal bool IsFetched { get; init; }

    /// <summary>Gets the reservations that were added to the settled one because the request asked more; they take what exceeds it.</summary>
    internal IReadOnlyList<SpendReservation>? Added { get; init; }
}
