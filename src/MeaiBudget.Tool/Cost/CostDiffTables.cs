using System.Globalization;
using MeaiBudget.Testing;
using Spectre.Console;

namespace MeaiBudget.Tool;

/// <summary>Writes a comparison for the console.</summary>
internal static class CostDiffTables
{
    public static void Write(IAnsiConsole console, CostDiff diff)
    {
        if (diff.Changed.Count == 0)
        {
            console.WriteLine($"{Count(diff.Scenarios.Count)}: no cost changed.");
            return;
        }

        var table = new ConsoleTable("scenario", "", "expected, USD", "with cache, USD", "worst case, USD", "calls");
        foreach (ScenarioComparison scenario in diff.Changed)
        {
            table.AddRow(
                WrittenText.Printable(scenario.Name), diff.StatusOf(scenario),
                ScenarioComparison.Change(scenario.Before?.Expected, scenario.After?.Expected),
                ScenarioComparison.Change(scenario.Before?.WithCache, scenario.After?.WithCache),
                ScenarioComparison.Change(scenario.Before?.Worst, scenario.After?.Worst),
                Calls(scenario));
        }

        console.Write(table);
        foreach (ScenarioComparison scenario in diff.Changed.Where(scenario => scenario.Causes.Count > 0))
        {
            console.WriteLine($"{WrittenText.Printable(scenario.Name)}:{(scenario.CountedNote() is { } note ? " " + note : "")}");
            foreach (CostCause cause in scenario.Causes)
            {
                console.WriteLine($"  {WrittenText.Printable(cause.Text)} ({Amount(cause)})");
            }
        }

        if (diff.MaxIncrease is { } most)
        {
            console.WriteLine(diff.Dearer.Count == 0
                ? $"No scenario became dearer by more than {Percent(most)}."
                : $"{Count(diff.Dearer.Count)} became dearer by more than {Percent(most)}.");
        }
    }

    /// <summary>Describes how much a cause adds.</summary>
    public static string Amount(CostCause cause) =>
        cause is { Expected: 0m, Worst: 0m } ? "costs nothing yet"
        : cause.Expected > 0m ? $"+${CostExplanation.Text(cause.Expected)}" : $"+${CostExplanation.Text(Math.Max(0m, cause.Worst))} in the worst case";

    /// <summary>Describes the number of calls.</summary>
    public static string Calls(ScenarioComparison scenario) => (scenario.Before?.Calls, scenario.After?.Calls) switch
    {
        ({ } was, { } now) when was != now => string.Create(CultureInfo.InvariantCulture, $"{was} → {now}"),
        var (was, now) => string.Create(CultureInfo.InvariantCulture, $"{now ?? was}"),
    };

    /// <summary>Writes a share as a percentage.</summary>
    public static string Percent(decimal share) => string.Create(CultureInfo.InvariantCulture, $"{share * 100m:0.##} %");

    /// <summary>Writes a number of scenarios.</summary>
    public static string Count(int scenarios) => string.Create(CultureInfo.InvariantCulture, $"{scenarios} {(scenarios == 1 ? "scenario" : "scenarios")}");
}
