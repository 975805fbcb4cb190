namespace MeaiBudget;

/// <summary>The model that a floating alias means from a time on. Immutable.</summary>
/// <param name="From">The time from which the alias means the model; <see langword="null"/> for ever before.</param>
/// <param name="ModelId">The model's id, at the same provider.</param>
internal sealed record AliasMeaning(DateTimeOffset? From, string ModelId)
{
    /// <summary>Gets the models that the alias may mean instead, as one source says; a reservation takes the dearest.</summary>
    public IReadOnlyList<string> MayMean { get; init; } = [];
}
