namespace MeaiBudget;

/// <summary>Which budgets apply to an attempt, and what it costs there: a tracker's, or a run's.</summary>
internal interface IBudgetSelection
{
    /// <summary>Gets the names of all budgets.</summary>
    IReadOnlyList<string> Names { get; }

    /// <summary>Gets the tags that a ledger that keeps records writes down.</summary>
    IReadOnlyCollection<string> RecordedTags { get; }

    /// <summary>Finds the price of the model that would be asked.</summary>
    PriceResolution PriceOf(SpendRequest request);

    /// <summary>Finds the price of the model that answered.</summary>
    PriceResolution Resolve(SpendRequest request, string modelId);

    /// <summary>Refuses what need not be looked at any further.</summary>
    SpendRefusal? RefusalOf(SpendRequest request);

    /// <summary>Adds the budgets that apply.</summary>
    void Select(SpendRequest request, DateTimeOffset now, List<AppliedBudget> applied);

    /// <summary>Sets the limits that are in force for their keys.</summary>
    ValueTask LimitAsync(List<AppliedBudget> applied, CancellationToken cancellationToken);
}
