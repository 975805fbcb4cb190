namespace MeaiBudget;

/// <summary>What a budget said when it refused.</summary>
public sealed record SpendRefusal
{
    /// <summary>Gets the budget's name.</summary>
    public required string Budget { get; init; }

    /// <summary>Gets the partition key within the budget, for example a tenant; empty for none.</summary>
    public string Key { get; init; } = "";

    /// <summary>Gets the reason.</summary>
    public required RefusalReason Reason { get; init; }

    /// <summary>Gets the unit that <see cref="Limit"/> and the other amounts are in: <c>USD</c>, <c>tokens</c> or <c>requests</c>.</summary>
    public string Unit { get; init; } = "USD";

    /// <summary>Gets the limit in force, grants included.</summary>
    public decimal Limit { get; init; }

    /// <summary>Gets what is charged in the period.</summary>
    public decimal Spent { get; init; }

    /// <summary>Gets what open reservations hold.</summary>
    public decimal Held { get; init; }

    /// <summary>Gets what was wanted.</summary>
    public decimal Wanted { get; init; }

    /// <summary>Gets when the period resets (rolling: when the wanted sum fits at the earliest); <see langword="null"/> if it never does.</summary>
    public DateTimeOffset? ResetsAt { get; init; }

    /// <summary>Gets how long to wait before it is worth asking again.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>Gets the most output tokens that limit minus charged can pay, others' holds ignored; -1 if not even the input.</summary>
    internal long PayableOutputTokens { get; init; } = -1;

    /// <summary>Gets the most output tokens that is free now, holds counted; -1 if not even the input.</summary>
    internal long FreeOutputTokens { get; init; } = -1;

    /// <summary>Gets how long the budget lets a call wait for others' reservations.</summary>
    internal TimeSpan MaxWait { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Gets the ledger account that refused, for waiting.</summary>
    internal string? Account { get; init; }

    /// <summary>Gets the account and the periods that were looked at, to see whether anything has changed since.</summary>
    internal LedgerAccountQuery? Query { get; init; }

    /// <summary>Gets the account as it was seen.</summary>
    internal LedgerLineState Seen { get; init; }

    /// <summary>Gets a value indicating whether others stood before the call in the queue, whatever the account held.</summary>
    internal bool IsQueued { get; init; }
}
