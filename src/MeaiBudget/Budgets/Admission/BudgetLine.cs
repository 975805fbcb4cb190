namespace MeaiBudget;

/// <summary>What a ledger line stands for.</summary>
/// <param name="Book">The budget.</param>
/// <param name="Key">The partition key.</param>
/// <param name="Unit">What is counted.</param>
/// <param name="IsShadow">Whether it is a shadow account.</param>
/// <param name="Slice">The period.</param>
/// <param name="Assumed">The price that stands in for an unknown one.</param>
/// <param name="Window">The model's context window, where that is reserved for an input that cannot be bounded; else zero.</param>
internal readonly record struct BudgetLine(
    BudgetBook Book, string Key, BudgetUnit Unit, bool IsShadow, BudgetPeriodSlice Slice, ModelPrice? Assumed, long Window)
{
    /// <summary>The input tokens that are reserved for a request.</summary>
    public long InputTokens(SpendRequest request) => Math.Max(request.Estimate.InputUpperBound, Window);
}
