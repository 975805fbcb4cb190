namespace MeaiBudget;

/// <summary>The record of one attempt in a ledger file: request, reservation and settlement. It has no message content.</summary>
public sealed record SqliteSpendRecord
{
    /// <summary>Gets the reservation's id.</summary>
    public required LedgerReservationId Id { get; init; }

    /// <summary>Gets the time of the admission.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>Gets the state of the reservation.</summary>
    public required SqliteReservationState State { get; init; }

    /// <summary>Gets the description of the attempt.</summary>
    public required LedgerCallInfo Call { get; init; }

    /// <summary>Gets the time of the last settlement, adjustment or release, or of the charge at the end of the lease; <see langword="null"/> while the reservation is open.</summary>
    public DateTimeOffset? ClosedAt { get; init; }

    /// <summary>Gets the time of the settlement; <see langword="null"/> if the attempt was not settled.</summary>
    public DateTimeOffset? SettledAt { get; init; }

    /// <summary>Gets the model in the response; <see langword="null"/> if it is unknown.</summary>
    public string? ResponseModelId { get; init; }

    /// <summary>Gets the usage; <see langword="null"/> if the attempt was not settled.</summary>
    public BillableUsage? Usage { get; init; }

    /// <summary>Gets the settled cost in nano-dollars, before adjustments; <see langword="null"/> if the attempt was not settled.</summary>
    public long? CostNanoDollars { get; init; }

    /// <summary>Gets whether the cost was computed, estimated, stated by the provider or unknown.</summary>
    public CostKind CostKind { get; init; }

    /// <summary>Gets how the price was found.</summary>
    public PriceMatch PriceMatch { get; init; }

    /// <summary>Gets further facts about the cost.</summary>
    public CostFlags CostFlags { get; init; }

    /// <summary>Gets how the attempt ended: <c>ok</c>, or the failure's kind.</summary>
    public string? Outcome { get; init; }

    /// <summary>Gets the accounts that are charged, including adjustments.</summary>
    public IReadOnlyList<SqliteSpendRecordLine> Lines { get; init; } = [];
}

/// <summary>One account of a recorded attempt.</summary>
/// <param name="Account">The account.</param>
/// <param name="Period">The period index.</param>
/// <param name="Reserved">The reserved amount, in the account's unit.</param>
/// <param name="Charged">The current charge, including adjustments, in the account's unit; zero while the reservation is open.</param>
/// <param name="IsTaken"><see langword="true"/> if the line is held or charged; <see langword="false"/> for a shadow line that did not fit.</param>
public readonly record struct SqliteSpendRecordLine(string Account, long Period, long Reserved, long Charged, bool IsTaken);
