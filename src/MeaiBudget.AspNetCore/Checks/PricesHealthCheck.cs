using System.Globalization;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace MeaiBudget;

/// <summary>Checks that no price catalog is too old, and that the last reload did not fail.</summary>
internal sealed class PricesHealthCheck(IReadOnlyList<CostTracker> trackers, TimeSpan oldest) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var data = new Dictionary<string, object>(StringComparer.Ordinal);
        string? problem = null;
        foreach (PriceCatalogSource prices in trackers.Select(tracker => tracker.Prices).Distinct())
        {
            data[prices.Name] = string.Create(CultureInfo.InvariantCulture, $"{prices.Age.TotalDays:0.#} days old");
            if (prices.Age > oldest)
            {
                problem ??= string.Create(CultureInfo.InvariantCulture, $"The prices '{prices.Name}' are {prices.Age.TotalDays:0} days old, above {oldest.TotalDays:0.#}. Update the package or the price file.");
            }
            else if (prices.LastFailure is not null)
            {
                problem ??= $"The prices '{prices.Name}' could not be reloaded, so the last good ones stay in use. The log has the reason.";
            }
        }

        return Task.FromResult(problem is null ? HealthCheckResult.Healthy("The prices are recent.", data) : new HealthCheckResult(context.Registration.FailureStatus, problem, data: data));
    }
}
