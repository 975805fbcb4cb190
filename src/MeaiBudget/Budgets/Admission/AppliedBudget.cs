namespace MeaiBudget;

/// <summary>One budget that applies to an attempt: its key, period and limit.</summary>
internal struct AppliedBudget
{
    public required BudgetBook Book { get; init; }

    public required string Key { get; init; }

    public required BudgetPeriodSlice Slice { get; init; }

    /// <summary>Gets or sets the money limit in force for the key, in nano-dollars, before grants.</summary>
    public required long? Limit { get; set; }

    /// <summary>Gets the key whose limit applies, if it is another than <see cref="Key"/>: all calls outside of runs share one limit.</summary>
    public string? LimitKey { get; init; }

    /// <summary>Gets or sets why an operator stopped the budget or the key; <see langword="null"/> if it is not stopped.</summary>
    public string? StopReason { get; set; }

    public readonly bool IsStopped => StopReason is not null;
}
