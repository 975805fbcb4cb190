namespace MeaiBudget;

/// <summary>A dimension that partitions a budget. Each of its values has its own limit.</summary>
/// <param name="Kind">The kind.</param>
/// <param name="Tag">The tag's name; <see langword="null"/> for other kinds.</param>
/// <param name="IsRequired">True if the budget refuses a call without the tag.</param>
internal readonly record struct BudgetDimension(BudgetDimensionKind Kind, string? Tag = null, bool IsRequired = false)
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

    /// <summary>True if this is a tag that the request does not have.</summary>
    internal bool IsMissing(SpendRequest request) =>
        Kind == BudgetDimensionKind.Tag && (!CallTags.TryGet(request.Tags, Tag!, out string? value) || string.IsNullOrWhiteSpace(value));

    internal string ValueOf(SpendRequest request) => Kind switch
    {
        BudgetDimensionKind.Tag => CallTags.TryGet(request.Tags, Tag!, out string? value) ? WrittenText.KeyOf(value) : "",
        BudgetDimensionKind.Model => WrittenText.KeyOf(request.ModelId),
        BudgetDimensionKind.Provider => request.Provider ?? "",
        BudgetDimensionKind.Route => request.Route ?? "",
        _ => request.ModelClass ?? "",
    };
}
