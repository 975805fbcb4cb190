namespace MeaiBudget;

/// <summary>A price about which sources disagreed. Immutable.</summary>
/// <param name="Provider">The provider.</param>
/// <param name="ModelId">The model.</param>
/// <param name="Subject">The subject of the disagreement, for example <c>cacheWrite</c> or <c>brackets</c>.</param>
/// <param name="Stated">The statement of each source, by its name.</param>
/// <param name="Decision">The value that was chosen.</param>
/// <param name="Reason">The reason for the decision.</param>
internal sealed record PriceDisagreement(string Provider, string ModelId, string Subject, IReadOnlyDictionary<string, string> Stated, string Decision, string Reason);
