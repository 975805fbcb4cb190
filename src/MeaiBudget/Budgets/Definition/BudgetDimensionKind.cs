namespace MeaiBudget;

/// <summary>The source of a <see cref="BudgetDimension"/>'s value.</summary>
internal enum BudgetDimensionKind
{
    /// <summary>A tag of the call. The value is empty for a call without the tag.</summary>
    Tag,

    /// <summary>The provider's model id.</summary>
    Model,

    /// <summary>The provider's name.</summary>
    Provider,

    /// <summary>The route's name.</summary>
    Route,

    /// <summary>The route's model class.</summary>
    ModelClass,
}
