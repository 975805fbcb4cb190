using MeaiBudget;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Maps the status of budgets.</summary>
public static class BudgetStatusEndpointRouteBuilderExtensions
{
    /// <summary>
    /// Maps an endpoint that shows how every budget stands: JSON for clients, and for a browser a page of its own that keeps
    /// itself up to date. Shows the budgets of every registered <see cref="CostTracker"/>; with <c>AddBudgetStatus</c> also spend
    /// by model, open circuits and recent calls. Nothing of a prompt or an answer is on it.
    /// </summary>
    /// <param name="endpoints">The application's endpoints.</param>
    /// <param name="pattern">The route, for example <c>/budgets</c>.</param>
    /// <param name="configure">Changes the options. By default the endpoint requires authorization.</param>
    /// <returns>The endpoint's conventions.</returns>
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
                $"MapBudgetStatus(\"{pattern}\") requires authorization, and the application has none. Call AddAuthorization() and add authentication, or set AllowAnonymous in its options if anybody may see what is spent.");
        }

        return options.AuthorizationPolicy is null ? mapped.RequireAuthorization() : mapped.RequireAuthorization(options.AuthorizationPolicy);
    }
}
