namespace MeaiBudget;

/// <summary>What a <see cref="BudgetDimension"/> is read from.</summary>
internal enum BudgetDimensionKind
{
    /// <summary>A tag of the call; a call without it counts under the empty value.</summary>
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
