namespace MeaiBudget;

/// <summary>How one budget stands for one key. Amounts are US dollars.</summary>
public sealed record BudgetStatus
{
    /// <summary>Gets the budget's name.</summary>
    public required string Budget { get; init; }

    /// <summary>Gets the partition key; empty for none.</summary>
    public string Key { get; init; } = "";

    /// <summary>Gets how the budget is enforced.</summary>
    public Enforcement Enforcement { get; init; }

    /// <summary>Gets the limit before grants; <see langword="null"/> for none.</summary>
    public decimal? Limit { get; init; }

    /// <summary>Gets the grants in force, on top of the limit.</summary>
    public decimal Granted { get; init; }

    /// <summary>Gets what is charged in the period, unconfirmed charges, overrun and adjustments included.</summary>
    public decimal Spent { get; init; }

    /// <summary>Gets what open reservations hold.</summary>
    public decimal Held { get; init; }

    /// <summary>Gets the part of <see cref="Spent"/> that is a rule's word and not the provider's.</summary>
    public decimal Unconfirmed { get; init; }

    /// <summary>Gets the part of <see cref="Spent"/> that was billed beyond what had been reserved.</summary>
    public decimal Overrun { get; init; }

    /// <summary>Gets what is left, not below zero: limit and grants less spent and held; <see langword="null"/> without a limit.</summary>
    public decimal? Remaining { get; init; }

    /// <summary>Gets when the period began to count.</summary>
    public DateTimeOffset? PeriodStart { get; init; }

    /// <summary>Gets when the period resets; <see langword="null"/> for a rolling budget and a run.</summary>
    public DateTimeOffset? ResetsAt { get; init; }

    /// <summary>Gets the share, from 0 to 1, of the spent tokens whose price was known.</summary>
    /// <remarks>A budget that refuses what has no known price counts no tokens; what <see cref="CostTracker.Spend"/> charges there without a price makes it 0.</remarks>
    public decimal Coverage { get; init; } = 1m;

    /// <summary>Gets the spent and held tokens; <see langword="null"/> where the budget does not count them.</summary>
    public long? Tokens { get; init; }

    /// <summary>Gets the token limit; <see langword="null"/> for none.</summary>
    public long? TokenLimit { get; init; }

    /// <summary>Gets the spent and held requests; <see langword="null"/> where the budget does not count them.</summary>
    public long? Requests { get; init; }

    /// <summary>Gets the request limit; <see langword="null"/> for none.</summary>
    public long? RequestLimit { get; init; }
}
