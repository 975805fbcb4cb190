using System.Diagnostics;

namespace MeaiBudget;

/// <summary>Writes costs to metrics and activities. A cost without a known price is written to neither; a cost of zero is.</summary>
internal static class CostTelemetry
{
    /// <summary>Records what a settled attempt cost.</summary>
    public static void Record(in Cost cost, string? route, string? provider, string? modelId)
    {
        if (cost.Kind != CostKind.Unknown)
        {
            MeaiBudgetDiagnostics.RecordCost(cost.NanoDollars, cost.Kind, route, provider, modelId);
        }
    }

    /// <summary>Puts an amount in US dollars on an activity.</summary>
    public static void Tag(Activity? activity, decimal amount, CostKind kind)
    {
        if (kind != CostKind.Unknown)
        {
            MeaiBudgetDiagnostics.TagCost(activity, amount, isProviderStated: kind == CostKind.ProviderStated);
        }
    }
}
