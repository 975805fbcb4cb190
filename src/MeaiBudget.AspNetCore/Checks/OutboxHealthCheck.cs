using System.Globalization;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace MeaiBudget;

/// <summary>Checks how many settlements wait for a ledger that failed.</summary>
internal sealed class OutboxHealthCheck(IReadOnlyList<CostTracker> trackers, int most) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var data = new CheckData();
        int worst = 0;
        foreach (CostTracker tracker in trackers)
        {
            int waiting = tracker.PendingSettlements;
            data.Add(tracker.Name, waiting);
            worst = Math.Max(worst, waiting);
        }

        string text = string.Create(CultureInfo.InvariantCulture, $"Settlements that wait for a ledger that failed: {worst:#,##0}. They are sent again until it applies them.");
        return Task.FromResult(worst == 0 ? HealthCheckResult.Healthy("No settlement waits.", data.Values)
            : worst > most ? new HealthCheckResult(context.Registration.FailureStatus, text, data: data.Values)
            : HealthCheckResult.Degraded(text, data: data.Values));
    }
}
