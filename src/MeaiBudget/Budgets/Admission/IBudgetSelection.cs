namespace MeaiBudget;

/// <summary>Selects the budgets that apply to an attempt, and its price: those of a tracker or of a run.</summary>
internal interface IBudgetSelection
{
    /// <summary>Gets the names of all budgets.</summary>
    IReadOnlyList<string> Names { get; }

    /// <summary>Gets the names of the tags that a ledger with records may store.</summary>
    IReadOnlyCollection<string> RecordedTags { get; }

    /// <summary>Finds the price of the requested model.</summary>
    PriceResolution PriceOf(SpendRequest request);

    /// <summary>Finds the price of the model that answered.</summary>
    PriceResolution Resolve(SpendRequest request, string modelId);

    /// <summary>Returns a refusal if no budget needs to be looked at.</summary>
    SpendRefusal? RefusalOf(SpendRequest request);

    /// <summary>Adds the budgets that apply.</summary>
    void Select(SpendRequest request, DateTimeOffset now, List<AppliedBudget> applied);

    /// <summary>Sets the limits in force for the selected keys.</summary>
    ValueTask LimitAsync(List<AppliedBudget> applied, CancellationToken cancellationToken);

    /// <summary>Gets the version of the ledger's settings that the limits follow; <see langword="null"/> if they follow none.</summary>
    long? SettingsVersion => null;

    /// <summary>Reads the ledger's settings again, unless that was done less than <paramref name="age"/> ago. Returns true if they changed.</summary>
    ValueTask<bool> RefreshLimitsAsync(TimeSpan age, CancellationToken cancellationToken) => new(false);
}
