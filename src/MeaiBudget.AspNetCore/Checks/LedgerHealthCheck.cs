using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace MeaiBudget;

/// <summary>Checks that every ledger answers. Each is asked once, however many trackers use it.</summary>
internal sealed class LedgerHealthCheck(IReadOnlyList<CostTracker> trackers, TimeProvider time) : IHealthCheck
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(2);

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var data = new Dictionary<string, object>(StringComparer.Ordinal);
        string? away = null;
        foreach (ISpendLedger ledger in trackers.Select(tracker => tracker.Ledger).Distinct())
        {
            long began = time.GetTimestamp();
            try
            {
                await ledger.ReadAsync([new LedgerAccountQuery("meaibudget/health", 0, 0)], cancellationToken).AsTask().WaitAsync(Longest, time, cancellationToken);
                data[ledger.Name] = $"answered in {time.GetElapsedTime(began).TotalMilliseconds:0} ms";
            }
            catch (Exception exception) when (exception is TimeoutException or SpendLedgerException)
            {
                // The exception may name the server; the log has it, a health endpoint is often public.
                data[ledger.Name] = exception is TimeoutException ? "did not answer within 2 seconds" : "failed";
                away ??= $"The ledger '{ledger.Name}' {data[ledger.Name]}.";
            }
        }

        return away is not null ? new HealthCheckResult(context.Registration.FailureStatus, away, data: data)
            : trackers.Count == 0 ? HealthCheckResult.Healthy("No CostTracker is registered.")
            : HealthCheckResult.Healthy("Every ledger answers.", data);
    }
}
