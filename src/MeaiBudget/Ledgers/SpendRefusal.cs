namespace MeaiBudget;

/// <summary>Why a budget refused an attempt.</summary>
public sealed record SpendRefusal
{
    /// <summary>Gets the budget's name.</summary>
    public required string Budget { get; init => field = WrittenText.Of(value); }

    /// <summary>Gets the partition key within the budget, for example a tenant; empty for none.</summary>
    public string Key { get; init; } = "";

    /// <summary>Gets the reason.</summary>
    public required RefusalReason Reason { get; init; }

    /// <summary>Gets the unit that <see cref="Limit"/> and the other amounts are in: <c>USD</c>, <c>tokens</c> or <c>requests</c>.</summary>
    public string Unit { get; init; } = "USD";

    /// <summary>Gets the limit in force, grants included.</summary>
    public decimal Limit { get; init; }

    /// <summary>Gets the charges of the period.</summary>
    public decimal Spent { get; init; }

    /// <summary>Gets the amount that open reservations hold.</summary>
    public decimal Held { get; init; }

    /// <summary>Gets the amount that the attempt needs.</summary>
    public decimal Wanted { get; init; }

    /// <summary>True if the attempt alone needs more than the whole limit, so that waiting does not help.</summary>
    public bool IsBeyondLimit => Reason == RefusalReason.Spent && Wanted > Limit;

    /// <summary>Gets when the period resets; of a rolling budget, when the wanted amount fits at the earliest; <see langword="null"/> if it never does.</summary>
    public DateTimeOffset? ResetsAt { get; init; }

    /// <summary>Gets how long to wait before trying again; <see langword="null"/> if waiting does not help.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>Gets the cause or what to do about it, for the exception's message; <see langword="null"/> if the reason says it.</summary>
    public string? Advice { get; init; }

    /// <summary>Gets the most output tokens that limit minus charges can pay, ignoring what other calls hold; -1 if it cannot pay the input.</summary>
    internal long PayableOutputTokens { get; init; } = -1;

    /// <summary>Gets the most output tokens that can be paid now, counting what other calls hold; -1 if the input cannot be paid.</summary>
    internal long FreeOutputTokens { get; init; } = -1;

    /// <summary>Gets how long a call may wait for the reservations of other calls.</summary>
    internal TimeSpan MaxWait { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Gets the ledger account that refused, for waiting.</summary>
    internal string? Account { get; init; }

    /// <summary>Gets the amount that the attempt needs, in the account's unit.</summary>
    internal long WantedAmount { get; init; }

    /// <summary>Gets the account and periods that were read, to detect a change since.</summary>
    internal LedgerAccountQuery? Query { get; init; }

    /// <summary>Gets the state of the account at the refusal.</summary>
    internal LedgerLineState Seen { get; init; }

    /// <summary>Gets a value indicating whether the call was refused because others wait for the account before it.</summary>
    internal bool IsQueued { get; init; }
}
