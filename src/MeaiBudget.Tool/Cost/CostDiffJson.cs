using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using MeaiBudget.Testing;

namespace MeaiBudget.Tool;

/// <summary>Writes a comparison as JSON.</summary>
internal static class CostDiffJson
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };

    public static string Write(CostDiff diff) => JsonSerializer.Serialize(
        new
        {
            diff.MaxIncrease,
            IsAboveLimit = diff.Dearer.Count > 0,
            Scenarios = diff.Scenarios.Select(scenario => new
            {
                scenario.Name,
                Status = diff.StatusOf(scenario),
                Before = FiguresOf(scenario.Before),
                After = FiguresOf(scenario.After),
                Causes = scenario.Causes.Select(cause => new { cause.Kind, cause.Subject, cause.Expected, cause.Worst, cause.Text }),
            }),
        },
        Json);

    private static object? FiguresOf(ScenarioSnapshot? scenario) =>
        scenario is null ? null : new { scenario.Expected, scenario.WithCache, scenario.Worst, scenario.Counted, scenario.Calls, scenario.Attempts, scenario.SharedShare };
}
