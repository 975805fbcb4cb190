using MeaiBudget;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds health checks of budgets.</summary>
public static class BudgetHealthChecksBuilderExtensions
{
    /// <summary>
    /// Adds three health checks over every registered <see cref="CostTracker"/>: <c>meaibudget-ledger</c> (unhealthy if a ledger does not
    /// answer within two seconds), <c>meaibudget-prices</c> (degraded if a price catalog is too old) and <c>meaibudget-outbox</c>
    /// (degraded if settlements wait for a ledger, unhealthy if too many do). All have the tag <c>meaibudget</c>.
    /// </summary>
    /// <param name="builder">The builder that <c>AddHealthChecks</c> returns.</param>
    /// <param name="oldestPrices">The age from which a price catalog counts as old; 45 days by default.</param>
    /// <param name="mostPending">How many settlements may wait, from 1; 1,000 by default.</param>
    /// <returns>The builder.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The age is not more than zero, or the number is below 1.</exception>
    public static IHealthChecksBuilder AddMeaiBudgetChecks(this IHealthChecksBuilder builder, TimeSpan? oldestPrices = null, int mostPending = 1_000)
    {
        ArgumentNullException.ThrowIfNull(builder);
        TimeSpan oldest = oldestPrices ?? TimeSpan.FromDays(45);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(oldest, TimeSpan.Zero, nameof(oldestPrices));
        ArgumentOutOfRangeException.ThrowIfLessThan(mostPending, 1);
        string[] tags = ["meaibudget"];
        return builder
            .Add(new HealthCheckRegistration("meaibudget-ledger", services => new LedgerHealthCheck(Trackers(services), Clock(services)), HealthStatus.Unhealthy, tags))
            .Add(new HealthCheckRegistration("meaibudget-prices", services => new PricesHealthCheck(Trackers(services), oldest), HealthStatus.Degraded, tags))
            .Add(new HealthCheckRegistration("meaibudget-outbox", services => new OutboxHealthCheck(Trackers(services), mostPending), HealthStatus.Unhealthy, tags));
    }

    private static CostTracker[] Trackers(IServiceProvider services) => [.. services.GetServices<CostTracker>().Distinct()];

    private static TimeProvider Clock(IServiceProvider services) => services.GetService<TimeProvider>() ?? TimeProvider.System;
}
