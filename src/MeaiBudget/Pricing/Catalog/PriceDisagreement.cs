namespace MeaiBudget;

/// <summary>A price on which sources disagreed.</summary>
/// <param name="Provider">The provider.</param>
/// <param name="ModelId">The model.</param>
/// <param name="Subject">What they disagreed on, for example <c>cacheWrite</c> or <c>brackets</c>.</param>
/// <param name="Stated">What each source says, by its name.</param>
/// <param name="Decision">What was taken.</param>
/// <param name="Reason">Why.</param>
internal sealed record PriceDisagreement(string Provider, string ModelId, string Subject, IReadOnlyDictionary<string, string> Stated, string Decision, string Reason);
