namespace MeaiBudget;

/// <summary>An event of a budget, for the audit.</summary>
/// <param name="Kind">What happened.</param>
/// <param name="Budget">The budget's name.</param>
/// <param name="Key">The partition key; empty for none.</param>
/// <param name="At">When it happened, by the ledger's clock.</param>
/// <param name="Detail">A description for people; no secret.</param>
public sealed record BudgetEvent(BudgetEventKind Kind, string Budget, string Key, DateTimeOffset At, string Detail)
{
    /// <summary>Gets the budget's name. A secret in it is redacted.</summary>
    public string Budget { get; init; } = WrittenText.Of(Budget);

    /// <summary>Gets the partition key; empty for none. A secret in it is redacted.</summary>
    public string Key { get; init; } = WrittenText.Of(Key);

    /// <summary>Gets a description for people. A secret in it is redacted.</summary>
    public string Detail { get; init; } = WrittenText.Of(Detail);

    /// <summary>Gets the amount in the budget's unit. For a threshold it is the share of the limit, for example 0.8.</summary>
    public decimal Amount { get; init; }

    /// <summary>Gets the call; <see langword="null"/> if the event belongs to none.</summary>
    public Guid? CallId { get; init; }
}
