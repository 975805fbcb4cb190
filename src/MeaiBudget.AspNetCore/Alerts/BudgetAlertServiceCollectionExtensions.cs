using System.Diagnostics.Metrics;
using MeaiBudget;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds alerts of budgets.</summary>
public static class BudgetAlertServiceCollectionExtensions
{
    /// <summary>
    /// Adds alerts of every registered <see cref="CostTracker"/>: thresholds, burn rates, refusals, unpriced spend, a ledger that is away
    /// and old prices. They are delivered by webhook, log and metric, once over all nodes that share a ledger, and again when they end.
    /// </summary>
    /// <param name="services">The service collection.</param>
    /// <param name="configure">Sets options. All nodes need the same rules and interval.</param>
    /// <returns>The service collection.</returns>
    public static IServiceCollection AddBudgetAlerts(this IServiceCollection services, Action<BudgetAlertOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        var options = new BudgetAlertOptions();
        configure?.Invoke(options);
        services.TryAddSingleton(TimeProvider.System);
        services.AddMetrics();
        services.AddSingleton<IHostedService>(provider => new BudgetAlertService(
            provider.GetServices<CostTracker>(), options, provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<BudgetAlertService>>(), provider.GetService<IMeterFactory>()));
        return services;
    }
}
