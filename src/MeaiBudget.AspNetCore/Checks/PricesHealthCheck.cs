using System.Globalization;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace MeaiBudget;

/// <summary>Checks that no price catalog is too old, and that the last reload did not fail.</summary>
internal sealed class PricesHealthCheck(IReadOnlyList<CostTracker> trackers, TimeSpan oldest) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var data = new CheckData();
        var problems = new List<string>();
        foreach (PriceCatalogSource prices in trackers.Select(tracker => tracker.Prices).Distinct())
        {
            string name = data.Add(prices.Name, string.Create(CultureInfo.InvariantCulture, $"{prices.Age.TotalDays:0.#} days old"));
            if (prices.Age > oldest)
            {
                problems.Add(string.Create(CultureInfo.InvariantCulture, $"The prices '{name}' are {prices.Age.TotalDays:0} days old, above {oldest.TotalDays:0.#}. Update the package or the price file."));
            }
            else if (prices.LastFailure is not null)
            {
                problems.Add($"The prices '{name}' could not be reloaded, so the last good ones stay in use. The log has the reason.");
            }
        }

        return Task.FromResult(problems.Count > 0
            ? new HealthCheckResult(context.Registration.FailureStatus, string.Join(' ', problems.Take(5)), data: data.Values)
            : HealthCheckResult.Healthy(trackers.Count == 0 ? "No CostTracker is registered." : "The prices are recent.", data.Values));
    }
}
