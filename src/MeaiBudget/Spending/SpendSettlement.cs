namespace MeaiBudget;

/// <summary>What an admitted attempt turned out to use.</summary>
public readonly record struct SpendSettlement
{
    /// <summary>Gets the usage.</summary>
    public required BillableUsage Usage { get; init; }

    /// <summary>Gets the model that answered, as the provider named it; <see langword="null"/> for the one that was asked.</summary>
    public string? ResponseModelId { get; init; }

    /// <summary>Gets a value indicating whether the usage is a rule's word and not the provider's, to be corrected when better is known.</summary>
    public bool IsUnconfirmed { get; init; }

    /// <summary>Gets how the attempt ended.</summary>
    public AttemptOutcome Outcome { get; init; }

    /// <summary>Gets the reservations that were added to the settled one because the request asked more; they take what exceeds it.</summary>
    internal IReadOnlyList<SpendReservation>? Added { get; init; }
}
