namespace MeaiBudget;

/// <summary>The status of one budget for one key. Amounts are US dollars.</summary>
/// <example>
/// <code>
/// foreach (BudgetStatus status in await tracker.GetStatusAsync())
/// {
///     Console.WriteLine($"{status.Budget} {status.Key}: {status.Spent} spent, {status.Held} held, {status.Remaining} left");
/// }
/// </code>
/// </example>
public sealed record BudgetStatus
{
    /// <summary>Gets the budget's name.</summary>
    public required string Budget { get; init; }

    /// <summary>Gets the partition key; empty for none.</summary>
    public string Key { get; init; } = "";

    /// <summary>Gets whether the budget observes, warns or enforces.</summary>
    public Enforcement Enforcement { get; init; }

    /// <summary>Gets a value indicating whether an operator stopped the budget or the key; see <see cref="CostTracker.StopAsync"/>.</summary>
    public bool IsStopped { get; init; }

    /// <summary>Gets the limit before grants; <see langword="null"/> for none.</summary>
    public decimal? Limit { get; init; }

    /// <summary>Gets the grants in force, which are added to the limit.</summary>
    public decimal Granted { get; init; }

    /// <summary>Gets the charges of the period, including unconfirmed charges, overrun and adjustments.</summary>
    public decimal Spent { get; init; }

    /// <summary>Gets the amount that open reservations hold.</summary>
    public decimal Held { get; init; }

    /// <summary>Gets the part of <see cref="Spent"/> that is estimated, because the provider reported no usage.</summary>
    public decimal Unconfirmed { get; init; }

    /// <summary>Gets the part of <see cref="Spent"/> that exceeds what was reserved.</summary>
    public decimal Overrun { get; init; }

    /// <summary>Gets the amount that is left: limit and grants minus spent and held, not below zero; <see langword="null"/> without a limit.</summary>
    public decimal? Remaining { get; init; }

    /// <summary>Gets when the period began; <see langword="null"/> for a run.</summary>
    public DateTimeOffset? PeriodStart { get; init; }

    /// <summary>Gets when the period resets; <see langword="null"/> for a rolling budget and a run.</summary>
    public DateTimeOffset? ResetsAt { get; init; }

    /// <summary>Gets the share, from 0 to 1, of the spent tokens whose price was known.</summary>
    /// <remarks>A budget that refuses models without a known price counts no tokens. If <see cref="CostTracker.Spend"/> charges such a model there, the share is 0.</remarks>
    public decimal Coverage { get; init; } = 1m;

    /// <summary>Gets the spent and held tokens; <see langword="null"/> if the budget does not count them.</summary>
    public long? Tokens { get; init; }

    /// <summary>Gets the token limit; <see langword="null"/> for none.</summary>
    public long? TokenLimit { get; init; }

    /// <summary>Gets the spent and held requests; <see langword="null"/> if the budget does not count them.</summary>
    public long? Requests { get; init; }

    /// <summary>Gets the request limit; <see langword="null"/> for none.</summary>
    public long? RequestLimit { get; init; }

    /// <summary>Gets the day of the price catalog in use; <see langword="null"/> if it states none.</summary>
    public DateOnly? PricesAsOf { get; init; }
}
