namespace MeaiBudget;

/// <summary>Something that happened to a budget, for the audit.</summary>
/// <param name="Kind">What happened.</param>
/// <param name="Budget">The budget's name.</param>
/// <param name="Key">The partition key; empty for none.</param>
/// <param name="At">When.</param>
/// <param name="Detail">What it was, for a person; no secret.</param>
public sealed record BudgetEvent(BudgetEventKind Kind, string Budget, string Key, DateTimeOffset At, string Detail)
{
    /// <summary>Gets the amount, in the budget's unit; a threshold's is the share, for example 0.8.</summary>
    public decimal Amount { get; init; }

    /// <summary>Gets the call, where there is one.</summary>
    public Guid? CallId { get; init; }
}
