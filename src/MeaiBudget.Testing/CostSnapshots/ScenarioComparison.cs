using System.Globalization;

namespace MeaiBudget.Testing;

/// <summary>What changed in the cost of one scenario between two snapshots, and why. Immutable.</summary>
internal sealed class ScenarioComparison
{
    private ScenarioComparison(string name, ScenarioSnapshot? before, ScenarioSnapshot? after, IReadOnlyList<CostCause> causes) =>
        (Name, Before, After, Causes) = (name, before, after, causes);

    /// <summary>The scenario's name.</summary>
    public string Name { get; }

    /// <summary>The scenario before; null if it is new.</summary>
    public ScenarioSnapshot? Before { get; }

    /// <summary>The scenario after; null if it was removed.</summary>
    public ScenarioSnapshot? After { get; }

    /// <summary>Why it became dearer, the most expensive reason first; empty if it did not.</summary>
    public IReadOnlyList<CostCause> Causes { get; }

    /// <summary>Compares two snapshots, scenario by scenario.</summary>
    public static IReadOnlyList<ScenarioComparison> All(CostSnapshot before, CostSnapshot after) =>
        [.. before.Scenarios.Keys.Union(after.Scenarios.Keys).Order(StringComparer.Ordinal)
            .Select(name => Of(name, before.Scenarios.GetValueOrDefault(name), after.Scenarios.GetValueOrDefault(name)))];

    /// <summary>Compares one scenario.</summary>
    public static ScenarioComparison Of(string name, ScenarioSnapshot? before, ScenarioSnapshot? after) =>
        new(name, before, after, before is null || after is null ? [] : CostCauses.Of(before, after));

    /// <summary>True if the expected cost, the cost with cache, the worst case or the cost by counted tokens increased by more than a share, or a price got unknown.</summary>
    public bool IsAbove(decimal maxIncrease)
    {
        if (Before is null || After is null)
        {
            return false;
        }

        return Exceeds(Before.Expected, After.Expected) || Exceeds(Before.WithCache, After.WithCache) || Exceeds(Before.Worst, After.Worst) || Exceeds(Before.Counted, After.Counted)
            || Causes.Any(cause => cause.Kind == CostCauseKind.UnknownPrice);

        bool Exceeds(decimal was, decimal now) => now > was * (1m + maxIncrease);
    }

    /// <summary>True if one of the amounts differs.</summary>
    public bool IsChanged => Before is null || After is null || Before.Expected != After.Expected || Before.WithCache != After.WithCache || Before.Worst != After.Worst || Before.Counted != After.Counted;

    /// <summary>True if an amount increased, by however little.</summary>
    public bool IsDearer => IsAbove(0m);

    /// <summary>Describes the change of the amounts in one line.</summary>
    public string Summary() =>
        $"expected {Change(Before?.Expected, After?.Expected)}, with cache {Change(Before?.WithCache, After?.WithCache)}, worst case {Change(Before?.Worst, After?.Worst)}"
        + (CountedNote() is { } note ? $", {note}" : "");

    /// <summary>Describes the cost by counted tokens, if it changed and the expected cost does not show it; null otherwise.</summary>
    public string? CountedNote() => Before is not null && After is not null && Before.Counted != After.Counted && Before.Expected == After.Expected
        ? $"by counted tokens {Change(Before.Counted, After.Counted)}; the reported usage did not change"
        : null;

    /// <summary>Describes the change of an amount.</summary>
    public static string Change(decimal? before, decimal? after) => (before, after) switch
    {
        (null, { } now) => $"${CostExplanation.Text(now)} (new)",
        ({ } was, null) => $"${CostExplanation.Text(was)} (removed)",
        ({ } was, { } now) when was == now => $"${CostExplanation.Text(now)}",
        ({ } was, { } now) => $"${CostExplanation.Text(was)} → ${CostExplanation.Text(now)} ({Percent(was, now)})",
        _ => "-",
    };

    private static string Percent(decimal was, decimal now) =>
        was == 0m ? "from nothing" : string.Create(CultureInfo.InvariantCulture, $"{(now - was) / was * 100m:+0.0;-0.0} %");
}
