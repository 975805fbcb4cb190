using System.Collections.Immutable;
using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace MeaiBudget;

/// <summary>Writes costs to metrics and activities. An unknown cost is only counted; a cost of zero is written.</summary>
internal static class CostTelemetry
{
    private static readonly ConditionalWeakTable<Activity, CostSum> Sums = [];

    /// <summary>Adds the cost of a settled attempt to the metrics, or counts that its price is unknown.</summary>
    public static void Record(
        in Cost cost, string? route, string? provider, string? modelId, string? operation = null, IReadOnlyList<KeyValuePair<string, string>>? callTags = null)
    {
        if (cost.Kind != CostKind.Unknown)
        {
            MeaiBudgetDiagnostics.RecordCost(cost.NanoDollars, cost.Kind, route, provider, modelId, operation, callTags);
        }
        else
        {
            MeaiBudgetDiagnostics.RecordUnpriced(route, provider, modelId, operation);
        }
    }

    /// <summary>Returns the tags of a request that its gates allow as metric tags.</summary>
    public static IReadOnlyList<KeyValuePair<string, string>>? MetricTags(ImmutableArray<ISpendGate> gates, IReadOnlyDictionary<string, string>? tags)
    {
        List<KeyValuePair<string, string>>? allowed = null;
        if (tags is null)
        {
            return null;
        }

        foreach (ISpendGate gate in gates)
        {
            foreach (string name in gate.MetricTags)
            {
                if ((CallTags.TryGet(tags, name, out string? value) || CallTags.TryGet((tags as CallTags)?.Attribution, name, out value))
                    && allowed?.Exists(known => known.Key == name) != true)
                {
                    (allowed ??= []).Add(new(name, WrittenText.KeyOf(value)));
                }
            }
        }

        return allowed;
    }

    /// <summary>Adds an amount in US dollars to the sum of an activity: other calls below the same activity have added theirs.</summary>
    public static void AddTo(Activity? activity, decimal amount, CostKind kind)
    {
        if (kind == CostKind.Unknown || activity is not { IsAllDataRequested: true })
        {
            return;
        }

        CostSum sum = Sums.GetValue(activity, static _ => new CostSum());
        lock (sum)
        {
            sum.Amount += amount;
            sum.IsProviderStated &= kind == CostKind.ProviderStated;
            activity.SetTag(MeaiBudgetDiagnostics.CostSumTag, (double)sum.Amount);
            if (!MeaiBudgetDiagnostics.ActivitySource.HasListeners())
            {
                // No attempt has an activity that states its cost, so the sum is the only place for it.
                MeaiBudgetDiagnostics.TagCost(activity, sum.Amount, sum.IsProviderStated);
            }
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

    private sealed class CostSum
    {
        public decimal Amount;
        public bool IsProviderStated = true;
    }
}
