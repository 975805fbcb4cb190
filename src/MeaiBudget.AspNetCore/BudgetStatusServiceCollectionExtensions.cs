using MeaiBudget;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers what the web package needs.</summary>
public static class BudgetStatusServiceCollectionExtensions
{
    /// <summary>Has the pipelines that are built with this service provider tell the status page about calls, models and circuits.</summary>
    /// <param name="services">The services.</param>
    /// <returns>The services.</returns>
    public static IServiceCollection AddBudgetStatus(this IServiceCollection services)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.TryAddSingleton(TimeProvider.System);
        if (!services.Any(static service => service.ServiceType == typeof(RecentCalls)))
        {
            services.AddSingleton<RecentCalls>();
            services.AddSingleton<ICallObserver>(static provider => provider.GetRequiredService<RecentCalls>());
        }

        return services;
    }

    /// <summary>
    /// Turns a <see cref="BudgetExceededException"/> that reaches the web server into problem details (RFC 9457) with status 429
    /// and <c>Retry-After</c>; a <see cref="FallbackExhaustedException"/> into the same if a budget's limit was among the reasons, else
    /// (as a <see cref="CircuitOpenException"/>) into status 503. Needs <c>app.UseExceptionHandler()</c>.
    /// </summary>
    /// <param name="services">The services.</param>
    /// <returns>The services.</returns>
    public static IServiceCollection AddBudgetProblemDetails(this IServiceCollection services)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.AddProblemDetails();
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IExceptionHandler, BudgetExceptionHandler>());
        return services;
    }
}
