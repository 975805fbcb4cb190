namespace MeaiBudget;

/// <summary>What a ledger line stands for.</summary>
/// <param name="Book">The budget.</param>
/// <param name="Key">The partition key.</param>
/// <param name="Unit">What is counted.</param>
/// <param name="IsShadow">Whether it is a shadow account.</param>
/// <param name="Slice">The period.</param>
/// <param name="Assumed">The price that stands in for an unknown one.</param>
/// <param name="InputTokens">The input tokens that were reserved.</param>
internal readonly record struct SpendLine(
    BudgetBook Book, string Key, SpendUnit Unit, bool IsShadow, BudgetPeriodSlice Slice, ModelPrice? Assumed, long InputTokens);
