using MeaiBudget;
using Microsoft.Extensions.Logging;

namespace Microsoft.Extensions.AI;

/// <summary>Adds the layers of this library to pipelines.</summary>
public static partial class MeaiBudgetBuilderExtensions
{
    /// <summary>Adds a layer that admits calls only if their highest possible cost fits the budgets. Prices come from <see cref="PriceCatalog.Default"/>, and spend is stored in memory.</summary>
    /// <param name="builder">The pipeline.</param>
    /// <param name="budgets">The budgets; a call must fit all of them.</param>
    /// <returns>The pipeline.</returns>
    public static ChatClientBuilder UseBudget(this ChatClientBuilder builder, params Budget[] budgets)
    {
        ArgumentNullException.ThrowIfNull(budgets);
        return builder.UseBudget(new CostTracker(budgets));
    }

    /// <summary>Adds a layer that admits calls only if their highest possible cost fits the budgets of a tracker. Put it below <c>UseFunctionInvocation</c> and above <c>UseFallback</c>.</summary>
    /// <param name="builder">The pipeline.</param>
    /// <param name="tracker">The tracker; by default the one of the service provider. Without a tracker, only the current <see cref="BudgetRun"/> is enforced, and the layer logs this once.</param>
    /// <param name="configure">Changes a copy of the options in the service provider, or of the defaults if it has none.</param>
    /// <returns>The pipeline.</returns>
    /// <remarks>
    /// The innermost layer of this library sends the attempts, so a pipeline with this layer alone has a timeout of 15 minutes for an attempt
    /// (<see cref="BudgetOptions.AttemptTimeout"/>) and a circuit for its client (<see cref="BudgetOptions.Circuit"/>). <c>UseRetry</c> and
    /// <c>UseFallback</c> have their own options for both.
    /// </remarks>
    public static ChatClientBuilder UseBudget(
        this ChatClientBuilder builder, CostTracker? tracker = null, Action<BudgetOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.Use((inner, services) => new BudgetChatClient(
            inner, TrackerFor<BudgetChatClient>(tracker, services), BudgetOptions.From(services, configure), CallLayerSetup.From(services)));
    }

    /// <summary>Returns the given tracker, or else that of the container, or else a new one that records spend without a limit.</summary>
    internal static CostTracker TrackerFor<TLayer>(CostTracker? given, IServiceProvider services)
    {
        if ((given ?? services.GetService(typeof(CostTracker)) as CostTracker) is { } tracker)
        {
            return tracker;
        }

        // Spend is recorded even without budgets, so that the costs of a pipeline can be read before it has a limit.
        ILogger logger = Loggers.For<TLayer>(services);
        BudgetLog.NoBudgets(logger);
        return new CostTracker();
    }
}
