namespace MeaiBudget;

/// <summary>What a budget is divided by: each value has a limit of its own.</summary>
/// <param name="Kind">The kind.</param>
/// <param name="Tag">The tag's name; <see langword="null"/> for every other kind.</param>
public readonly record struct BudgetDimension(BudgetDimensionKind Kind, string? Tag = null)
{
    /// <inheritdoc/>
    public override string ToString() => Tag ?? Kind.ToString();

    internal string ValueOf(SpendRequest request) => Kind switch
    {
        BudgetDimensionKind.Tag => request.Tags is { } tags && tags.TryGetValue(Tag!, out string? value) ? WrittenText.Of(value) : "",
        BudgetDimensionKind.Model => WrittenText.Of(request.ModelId),
        BudgetDimensionKind.Provider => request.Provider ?? "",
        BudgetDimensionKind.Route => request.Route ?? "",
        _ => request.ModelClass ?? "",
    };
}
