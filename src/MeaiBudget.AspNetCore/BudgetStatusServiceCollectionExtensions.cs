using MeaiBudget;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers the services of the web package.</summary>
public static class BudgetStatusServiceCollectionExtensions
{
    /// <summary>Records calls, models and circuits of the pipelines built with this service provider, for the status page.</summary>
    /// <param name="services">The service collection.</param>
    /// <returns>The service collection.</returns>
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
    /// Adds what the operator's console needs: it records the calls of the pipelines built with this service provider, for their receipts,
    /// and adds the antiforgery services. Map it with <c>MapBudgetConsole</c>.
    /// </summary>
    /// <param name="services">The service collection.</param>
    /// <returns>The service collection.</returns>
    public static IServiceCollection AddBudgetConsole(this IServiceCollection services)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.AddAntiforgery();
        return services.AddBudgetStatus();
    }

    /// <summary>
    /// Converts a <see cref="BudgetExceededException"/> of a web request to problem details (RFC 9457) with status 429 and
    /// <c>Retry-After</c>. A <see cref="FallbackExhaustedException"/> becomes the same if a budget's limit was among the reasons, otherwise
    /// status 503, as a <see cref="CircuitOpenException"/> does. Any other exception of a call becomes 429 if the provider limits the rate,
    /// 503 if it is overloaded, out of quota or too slow, and otherwise 502. Requires <c>app.UseExceptionHandler()</c>.
    /// </summary>
    /// <remarks>
    /// The problem details are written whatever the request's <c>Accept</c> header says, so also for an event stream that is refused before
    /// its first event. Exceptions that wrap one of these are converted too. An exception after the response has started cannot be
    /// converted: write an event for it.
    /// </remarks>
    /// <param name="services">The service collection.</param>
    /// <returns>The service collection.</returns>
    public static IServiceCollection AddBudgetProblemDetails(this IServiceCollection services)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.AddProblemDetails();
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IExceptionHandler, BudgetExceptionHandler>());
        return services;
    }
}
