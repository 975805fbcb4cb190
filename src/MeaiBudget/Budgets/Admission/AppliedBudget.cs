namespace MeaiBudget;

/// <summary>One budget that applies to an attempt: its key, period and limit.</summary>
internal struct AppliedBudget
{
    public required BudgetBook Book { get; init; }

    public required string Key { get; init; }

    public required BudgetPeriodSlice Slice { get; init; }

    /// <summary>Gets or sets the money limit in force for the key, in nano-dollars, before grants.</summary>
    public required long? Limit { get; set; }
}
