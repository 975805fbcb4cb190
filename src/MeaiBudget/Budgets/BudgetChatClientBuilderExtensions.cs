using MeaiBudget;
using Microsoft.Extensions.Logging;

namespace Microsoft.Extensions.AI;

/// <summary>Adds the layers of this library to pipelines.</summary>
public static partial class MeaiBudgetBuilderExtensions
{
    /// <summary>Lets calls through only if their worst case fits these budgets. Prices come from <see cref="PriceCatalog.Default"/>; spend is kept in memory.</summary>
    /// <param name="builder">The pipeline.</param>
    /// <param name="budgets">The budgets; all must admit.</param>
    /// <returns>The pipeline.</returns>
    public static ChatClientBuilder UseBudget(this ChatClientBuilder builder, params Budget[] budgets)
    {
        ArgumentNullException.ThrowIfNull(budgets);
        return builder.UseBudget(new CostTracker(budgets));
    }

    /// <summary>Lets calls through only if their worst case fits a tracker's budgets. Belongs below <c>UseFunctionInvocation</c> and above <c>UseFallback</c>.</summary>
    /// <param name="builder">The pipeline.</param>
    /// <param name="tracker">The tracker; if not supplied, one is resolved from the service provider. Without any, ambient runs alone are enforced, and the layer says so once in the log.</param>
    /// <param name="configure">Changes a copy of the options that the service provider has, else the defaults.</param>
    /// <returns>The pipeline.</returns>
    public static ChatClientBuilder UseBudget(
        this ChatClientBuilder builder, CostTracker? tracker = null, Action<BudgetOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.Use((inner, services) => new BudgetChatClient(
            inner, TrackerFor<BudgetChatClient>(tracker, services), BudgetOptions.From(services, configure), CallLayerSetup.From(services)));
    }

    /// <summary>The tracker that was given, else the container's, else one that tracks spend and limits nothing.</summary>
    internal static CostTracker TrackerFor<TLayer>(CostTracker? given, IServiceProvider services)
    {
        if ((given ?? services.GetService(typeof(CostTracker)) as CostTracker) is { } tracker)
        {
            return tracker;
        }

        // Spend is tracked all the same, so that what a pipeline costs can be asked before there is any limit.
        ILogger logger = Loggers.For<TLayer>(services);
        BudgetLog.NoBudgets(logger);
        return new CostTracker();
    }
}
