using MeaiBudget;

namespace Microsoft.Extensions.AI;

/// <content/>
public static partial class MeaiBudgetBuilderExtensions
{
    /// <summary>Adds a layer that admits requests only if their highest possible cost fits the budgets. Prices come from <see cref="PriceCatalog.Default"/>, and spend is stored in memory.</summary>
    /// <typeparam name="TInput">The type of the inputs.</typeparam>
    /// <typeparam name="TEmbedding">The type of the embeddings.</typeparam>
    /// <param name="builder">The pipeline.</param>
    /// <param name="budgets">The budgets; a request must fit all of them.</param>
    /// <returns>The pipeline.</returns>
    public static EmbeddingGeneratorBuilder<TInput, TEmbedding> UseBudget<TInput, TEmbedding>(
        this EmbeddingGeneratorBuilder<TInput, TEmbedding> builder, params Budget[] budgets)
        where TEmbedding : Embedding
    {
        ArgumentNullException.ThrowIfNull(budgets);
        return builder.UseBudget(new CostTracker(budgets));
    }

    /// <summary>Adds a layer that admits requests only if their highest possible cost fits the budgets of a tracker. Put it below <c>UseDistributedCache</c>.</summary>
    /// <typeparam name="TInput">The type of the inputs.</typeparam>
    /// <typeparam name="TEmbedding">The type of the embeddings.</typeparam>
    /// <param name="builder">The pipeline.</param>
    /// <param name="tracker">The tracker, which chat pipelines can share; by default the one of the service provider. Without a tracker, only the current <see cref="BudgetRun"/> is enforced, and the layer logs this once.</param>
    /// <param name="configure">Changes a copy of the options in the service provider, or of the defaults if it has none.</param>
    /// <returns>The pipeline.</returns>
    public static EmbeddingGeneratorBuilder<TInput, TEmbedding> UseBudget<TInput, TEmbedding>(
        this EmbeddingGeneratorBuilder<TInput, TEmbedding> builder, CostTracker? tracker = null, Action<BudgetOptions>? configure = null)
        where TEmbedding : Embedding
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.Use((inner, services) => new BudgetEmbeddingGenerator<TInput, TEmbedding>(
            inner,
            TrackerFor<BudgetEmbeddingGenerator<TInput, TEmbedding>>(tracker, services),
            BudgetOptions.From(services, options =>
            {
                // The container's options may set an ExceededBehavior for chat, which generators do not support.
                options.ExceededBehavior = null;
                configure?.Invoke(options);
            }),
            CallLayerSetup.From(services)));
    }
}
