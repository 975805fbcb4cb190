using System.Diagnostics;

namespace MeaiBudget;

/// <summary>Writes costs to metrics and activities. Costs without a known price are not written; costs of zero are.</summary>
internal static class CostTelemetry
{
    /// <summary>Adds the cost of a settled attempt to the metrics.</summary>
    public static void Record(in Cost cost, string? route, string? provider, string? modelId)
    {
        if (cost.Kind != CostKind.Unknown)
        {
            MeaiBudgetDiagnostics.RecordCost(cost.NanoDollars, cost.Kind, route, provider, modelId);
        }
    }

    /// <summary>Tags an activity with an amount in US dollars.</summary>
    public static void Tag(Activity? activity, decimal amount, CostKind kind)
    {
        if (kind != CostKind.Unknown)
        {
            MeaiBudgetDiagnostics.TagCost(activity, amount, isProviderStated: kind == CostKind.ProviderStated);
        }
    }
}
