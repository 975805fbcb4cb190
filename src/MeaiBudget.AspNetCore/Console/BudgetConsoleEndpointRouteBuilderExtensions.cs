using MeaiBudget;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Maps the operator's console.</summary>
public static class BudgetConsoleEndpointRouteBuilderExtensions
{
    /// <summary>
    /// Maps the operator's console: spend over time, budgets and their keys, calls with receipts, health, changes, and a JSON API for all
    /// of it. It shows every registered <see cref="CostTracker"/>. It contains no prompts or answers. Call <c>AddBudgetConsole</c> before.
    /// </summary>
    /// <param name="endpoints">The application's endpoint route builder.</param>
    /// <param name="pattern">The route pattern, for example <c>/console</c>.</param>
    /// <param name="configure">Sets options; <see cref="BudgetConsoleOptions.AuthorizationPolicy"/> is needed, without it every request is refused.</param>
    /// <returns>A builder for further conventions.</returns>
    /// <exception cref="InvalidOperationException">A service is missing; the message says which.</exception>
    public static IEndpointConventionBuilder MapBudgetConsole(
        this IEndpointRouteBuilder endpoints, string pattern, Action<BudgetConsoleOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        ArgumentException.ThrowIfNullOrEmpty(pattern);
        var options = new BudgetConsoleOptions();
        configure?.Invoke(options);
        IServiceProvider services = endpoints.ServiceProvider;
        RouteGroupBuilder group = endpoints.MapGroup(pattern.TrimEnd('/'));
        if (options.AuthorizationPolicy is null)
        {
            group.Map("/{**rest}", (RequestDelegate)ConsoleEndpoint.RefuseAsync).WithDisplayName("Budget console without a policy");
            return group;
        }

        if (services.GetService<IServiceProviderIsService>()?.IsService(typeof(IAuthorizationService)) == false)
        {
            throw new InvalidOperationException(
                $"MapBudgetConsole(\"{pattern}\") requires authorization, but the application has no authorization services. Call AddAuthorization() and add authentication.");
        }

        RecentCalls recent = services.GetService<RecentCalls>()
            ?? throw new InvalidOperationException($"MapBudgetConsole(\"{pattern}\") needs the services of the console. Call services.AddBudgetConsole().");
        ILogger logger = services.GetRequiredService<ILoggerFactory>().CreateLogger("MeaiBudget.Console");
        var endpoint = new ConsoleEndpoint(
            new ConsoleData([.. services.GetServices<CostTracker>().Distinct()], recent, services.GetService<TimeProvider>() ?? TimeProvider.System, options, logger), options, logger);
        group.RequireAuthorization(options.AuthorizationPolicy);
        group.MapGet("/{**rest}", (RequestDelegate)endpoint.GetAsync).WithDisplayName("Budget console");
        if (options.ActionsPolicy is not null)
        {
            // The endpoint checks the policy for changes itself, so that it can log who was refused.
            group.MapPost("/change", (RequestDelegate)(context =>
            {
                context.Request.RouteValues["rest"] = "change";
                return endpoint.PostAsync(context);
            })).WithDisplayName("Budget console, changes");
        }

        return group;
    }
}
