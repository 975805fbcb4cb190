using MeaiBudget;

namespace Microsoft.Extensions.AI;

/// <content/>
public static partial class MeaiBudgetBuilderExtensions
{
    /// <summary>Lets requests through only if they fit these budgets. Prices come from <see cref="PriceCatalog.Default"/>; spend is kept in memory.</summary>
    /// <typeparam name="TInput">What is embedded.</typeparam>
    /// <typeparam name="TEmbedding">The embeddings.</typeparam>
    /// <param name="builder">The pipeline.</param>
    /// <param name="budgets">The budgets; all must admit.</param>
    /// <returns>The pipeline.</returns>
    public static EmbeddingGeneratorBuilder<TInput, TEmbedding> UseBudget<TInput, TEmbedding>(
        this EmbeddingGeneratorBuilder<TInput, TEmbedding> builder, params Budget[] budgets)
        where TEmbedding : Embedding
    {
        ArgumentNullException.ThrowIfNull(budgets);
        return builder.UseBudget(new CostTracker(budgets));
    }

    /// <summary>Lets requests through only if they fit a tracker's budgets. Belongs below <c>UseDistributedCache</c>.</summary>
    /// <typeparam name="TInput">What is embedded.</typeparam>
    /// <typeparam name="TEmbedding">The embeddings.</typeparam>
    /// <param name="builder">The pipeline.</param>
    /// <param name="tracker">The tracker, which may be the one that chat uses; if not supplied, one is resolved from the service provider. Without any, ambient runs alone are enforced, and the layer says so once in the log.</param>
    /// <param name="configure">Changes the options.</param>
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
                // How a chat ends is no matter of embeddings, though the container says it.
                options.ExceededBehavior = null;
                configure?.Invoke(options);
            }),
            CallLayerSetup.From(services)));
    }
}
