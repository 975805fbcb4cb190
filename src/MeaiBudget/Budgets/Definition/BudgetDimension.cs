namespace MeaiBudget;

/// <summary>A dimension that partitions a budget. Each of its values has its own limit.</summary>
/// <param name="Kind">The kind.</param>
/// <param name="Tag">The tag's name; <see langword="null"/> for other kinds.</param>
internal readonly record struct BudgetDimension(BudgetDimensionKind Kind, string? Tag = null)
{
    /// <inheritdoc/>
    public override string ToString() => Tag ?? Kind.ToString();

    /// <summary>Parses a dimension: <c>model</c>, <c>provider</c>, <c>route</c>, <c>class</c> or <c>tag:NAME</c>.</summary>
    internal static bool TryParse(string text, out BudgetDimension dimension)
    {
        BudgetDimension? parsed = text.ToUpperInvariant() switch
        {
            "MODEL" => new(BudgetDimensionKind.Model),
            "PROVIDER" => new(BudgetDimensionKind.Provider),
            "ROUTE" => new(BudgetDimensionKind.Route),
            "CLASS" => new(BudgetDimensionKind.ModelClass),
            ['T', 'A', 'G', ':', _, ..] => new(BudgetDimensionKind.Tag, text[4..]),
            _ => null,
        };
        dimension = parsed ?? default;
        return parsed is not null;
    }

    internal string ValueOf(SpendRequest request) => Kind switch
    {
        BudgetDimensionKind.Tag => request.Tags is { } tags && tags.TryGetValue(Tag!, out string? value) ? WrittenText.KeyOf(value) ?? "" : "",
        BudgetDimensionKind.Model => WrittenText.KeyOf(request.ModelId),
        BudgetDimensionKind.Provider => request.Provider ?? "",
        BudgetDimensionKind.Route => request.Route ?? "",
        _ => request.ModelClass ?? "",
    };
}
