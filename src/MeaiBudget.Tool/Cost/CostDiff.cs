using MeaiBudget.Testing;

namespace MeaiBudget.Tool;

/// <summary>The comparison of two snapshots. Immutable.</summary>
/// <param name="Scenarios">The scenarios.</param>
/// <param name="MaxIncrease">The allowed increase as a share; null for any.</param>
internal sealed record CostDiff(IReadOnlyList<ScenarioComparison> Scenarios, decimal? MaxIncrease)
{
    /// <summary>The scenarios that became dearer than allowed.</summary>
    public IReadOnlyList<ScenarioComparison> Dearer { get; } = MaxIncrease is { } most ? [.. Scenarios.Where(scenario => scenario.IsAbove(most))] : [];

    /// <summary>The scenarios whose cost changed.</summary>
    public IReadOnlyList<ScenarioComparison> Changed { get; } = [.. Scenarios.Where(scenario => scenario.IsChanged || scenario.Causes.Count > 0)];

    /// <summary>The sums over all scenarios, before and after.</summary>
    public ((decimal Expected, decimal WithCache, decimal Worst) Before, (decimal Expected, decimal WithCache, decimal Worst) After) Totals =>
        (Sum(Scenarios.Select(scenario => scenario.Before)), Sum(Scenarios.Select(scenario => scenario.After)));

    /// <summary>Names what happened to a scenario.</summary>
    public string StatusOf(ScenarioComparison scenario) => scenario switch
    {
        { Before: null } => "new",
        { After: null } => "removed",
        _ when Dearer.Contains(scenario) => "too dear",
        { IsDearer: true } => "dearer",
        _ when scenario.Causes.Any(cause => cause.Kind == CostCauseKind.Prefix) => "prefix lost",
        { Causes.Count: > 0 } => "not priced",
        { IsChanged: true } => "cheaper",
        _ => "same",
    };

    private static (decimal Expected, decimal WithCache, decimal Worst) Sum(IEnumerable<ScenarioSnapshot?> scenarios)
    {
        ScenarioSnapshot[] known = [.. scenarios.OfType<ScenarioSnapshot>()];
        return (known.Sum(scenario => scenario.Expected), known.Sum(scenario => scenario.WithCache), known.Sum(scenario => scenario.Worst));
    }
}
