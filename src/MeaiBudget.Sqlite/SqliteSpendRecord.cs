namespace MeaiBudget;

/// <summary>One attempt as a ledger file recorded it: what was asked, what was reserved, how it ended. Holds no content.</summary>
public sealed record SqliteSpendRecord
{
    /// <summary>Gets the reservation's id.</summary>
    public required LedgerReservationId Id { get; init; }

    /// <summary>Gets when the attempt was admitted.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>Gets where the reservation stands.</summary>
    public required SqliteReservationState State { get; init; }

    /// <summary>Gets what the attempt was.</summary>
    public required LedgerCallInfo Call { get; init; }

    /// <summary>Gets when the reservation was last settled, adjusted, released or charged by expiry; <see langword="null"/> while it is open.</summary>
    public DateTimeOffset? ClosedAt { get; init; }

    /// <summary>Gets when it was settled with what the provider or a rule said; <see langword="null"/> where nothing was settled.</summary>
    public DateTimeOffset? SettledAt { get; init; }

    /// <summary>Gets the model that answered; <see langword="null"/> if it is not known.</summary>
    public string? ResponseModelId { get; init; }

    /// <summary>Gets the usage; <see langword="null"/> where nothing was settled.</summary>
    public BillableUsage? Usage { get; init; }

    /// <summary>Gets the settled cost in nano-dollars, before adjustments; <see langword="null"/> where nothing was settled.</summary>
    public long? CostNanoDollars { get; init; }

    /// <summary>Gets how the cost is known.</summary>
    public CostKind CostKind { get; init; }

    /// <summary>Gets how the price was found.</summary>
    public PriceMatch PriceMatch { get; init; }

    /// <summary>Gets what else is to be known about the cost.</summary>
    public CostFlags CostFlags { get; init; }

    /// <summary>Gets how the attempt ended: <c>ok</c>, or the failure's kind.</summary>
    public string? Outcome { get; init; }

    /// <summary>Gets the accounts it was charged to, adjustments included.</summary>
    public IReadOnlyList<SqliteSpendRecordLine> Lines { get; init; } = [];
}

/// <summary>One account of a recorded attempt.</summary>
/// <param name="Account">The account.</param>
/// <param name="Period">The period index.</param>
/// <param name="Reserved">What was reserved, in the account's unit.</param>
/// <param name="Charged">What is charged now, adjustments included; zero while it is open.</param>
/// <param name="IsTaken">Whether it was taken; a shadow line that did not fit was not.</param>
public readonly record struct SqliteSpendRecordLine(string Account, long Period, long Reserved, long Charged, bool IsTaken);
