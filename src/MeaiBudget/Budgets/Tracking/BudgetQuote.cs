namespace MeaiBudget;

/// <summary>The cost of a call, and whether it would be admitted now. Nothing is reserved, so another call may take what is left.</summary>
public sealed record BudgetQuote
{
    /// <summary>Gets a value indicating whether the call would be admitted.</summary>
    public bool IsAdmitted => Refusal is null;

    /// <summary>Gets the refusal; <see langword="null"/> if the call would be admitted.</summary>
    public SpendRefusal? Refusal { get; init; }

    /// <summary>Gets how the model's price was found.</summary>
    public required PriceResolution Price { get; init; }

    /// <summary>Gets the most that the call can cost, in US dollars. This amount would be reserved.</summary>
    public required decimal WorstCase { get; init; }

    /// <summary>Gets the cost of the expected input, in US dollars, without output; unknown without a price.</summary>
    public required Cost ExpectedInput { get; init; }

    /// <summary>Gets the most output tokens that the budgets could pay now; <see langword="null"/> if none of them limits it.</summary>
    public long? AffordableOutputTokens { get; init; }

    /// <summary>Gets the names of the budgets that apply; for a refusal, of the one that refuses.</summary>
    public IReadOnlyList<string> Budgets { get; init; } = [];
}
