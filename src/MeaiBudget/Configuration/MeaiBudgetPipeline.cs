using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;

namespace MeaiBudget;

/// <summary>How pipelines are put together: the layers in the recommended order, with those that the application adds above and below. Filled while services are registered.</summary>
internal sealed class MeaiBudgetPipeline
{
    /// <summary>Gets what stands above our layers: a cache, function invocation.</summary>
    public List<Action<ChatClientBuilder>> Outer { get; } = [];

    /// <summary>Gets what stands below our layers, around each route's client: telemetry.</summary>
    public List<Action<ChatClientBuilder, string>> Route { get; } = [];

    /// <summary>Gets or sets a value indicating whether the application gave a history beside the ledger.</summary>
    public bool HasHistory { get; set; }

    /// <summary>Puts the application's own layers around a route's client.</summary>
    public IChatClient BuildRoute(IChatClient client, string route, IServiceProvider services)
    {
        if (Route.Count == 0)
        {
            return client;
        }

        var builder = new ChatClientBuilder(client);
        foreach (Action<ChatClientBuilder, string> configure in Route)
        {
            configure(builder, route);
        }

        return builder.Build(services);
    }

    /// <summary>Builds the pipeline of one logical model.</summary>
    public IChatClient Build(IReadOnlyList<ChatRoute> chain, IServiceProvider services)
    {
        ChatRoute primary = chain[0];

        // A route's client belongs to the routes, which several pipelines share.
        var builder = new ChatClientBuilder(primary.Client);
        foreach (Action<ChatClientBuilder> configure in Outer)
        {
            configure(builder);
        }

        return builder
            .UseRedactedLogging()
            .UseTokenEstimation()
            .UseBudget()
            .UseRetry()
            .UseFallback(chain.Skip(1), options =>
            {
                options.Primary = primary;

                // The order is what configuration says; it was worked out by classes already.
                options.Policy = services.GetService<IFallbackPolicy>() ?? new FallbackPolicy(byClass: false);
            })
            .Build(services);
    }
}
