using MeaiBudget;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Maps the status endpoint.</summary>
public static class BudgetStatusEndpointRouteBuilderExtensions
{
    /// <summary>
    /// Maps an endpoint with the status of all budgets: JSON for clients, and for browsers a page that updates itself. It shows the budgets
    /// of every registered <see cref="CostTracker"/> and, after <c>AddBudgetStatus</c>, also spend by model, open circuits and recent
    /// calls. It contains no prompts or answers.
    /// </summary>
    /// <param name="endpoints">The application's endpoint route builder.</param>
    /// <param name="pattern">The route pattern, for example <c>/budgets</c>.</param>
    /// <param name="configure">Changes the options. By default the endpoint requires authorization.</param>
    /// <returns>The convention builder of the endpoint.</returns>
    /// <exception cref="InvalidOperationException">Authorization is required and the application has no authorization services.</exception>
    public static IEndpointConventionBuilder MapBudgetStatus(
        this IEndpointRouteBuilder endpoints, string pattern, Action<BudgetStatusEndpointOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        ArgumentException.ThrowIfNullOrEmpty(pattern);
        var options = new BudgetStatusEndpointOptions();
        configure?.Invoke(options);
        IServiceProvider services = endpoints.ServiceProvider;
        var endpoint = new BudgetStatusEndpoint(
            [.. services.GetServices<CostTracker>().Distinct()],
            services.GetService<RecentCalls>(),
            services.GetService<TimeProvider>() ?? TimeProvider.System,
            options);
        IEndpointConventionBuilder mapped = endpoints.MapGet(pattern, (RequestDelegate)endpoint.InvokeAsync).WithDisplayName("Budget status");
        if (options.AllowAnonymous)
        {
            return mapped.AllowAnonymous();
        }

        if (services.GetService<IServiceProviderIsService>()?.IsService(typeof(Authorization.IAuthorizationService)) == false)
        {
            throw new InvalidOperationException(
                $"MapBudgetStatus(\"{pattern}\") requires authorization, but the application has no authorization services. Call AddAuthorization() and add authentication, or set BudgetStatusEndpointOptions.AllowAnonymous to true if everyone may see the spend.");
        }

        return options.AuthorizationPolicy is null ? mapped.RequireAuthorization() : mapped.RequireAuthorization(options.AuthorizationPolicy);
    }
}
