using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>Lets a request for embeddings be sent only if it fits every budget, and charges what it cost.</summary>
/// <typeparam name="TInput">What is embedded: text, which is counted; anything else cannot be bounded, and enforcing budgets refuse it.</typeparam>
/// <typeparam name="TEmbedding">The embeddings.</typeparam>
/// <remarks>
/// Thread-safe. Uses the same trackers, runs, tags (the text and number entries of
/// <see cref="EmbeddingGenerationOptions.AdditionalProperties"/>), receipts and metrics as chat does. Changes nothing in a request.
/// </remarks>
internal sealed class BudgetEmbeddingGenerator<TInput, TEmbedding> : CallLayerEmbeddingGenerator<TInput, TEmbedding>
    where TEmbedding : Embedding
{
    /// <summary>Makes the layer.</summary>
    /// <param name="innerGenerator">The generator below.</param>
    /// <param name="tracker">The budgets; <see langword="null"/> to enforce ambient runs only.</param>
    /// <param name="options">The options; copied.</param>
    /// <exception cref="ArgumentException">The options ask for something else than to throw when a budget refuses.</exception>
    /// <exception cref="PipelineException">The layer stands where it cannot keep its promise.</exception>
    public BudgetEmbeddingGenerator(IEmbeddingGenerator<TInput, TEmbedding> innerGenerator, CostTracker? tracker = null, BudgetOptions? options = null)
        : this(innerGenerator, tracker, options, null)
    {
    }

    internal BudgetEmbeddingGenerator(IEmbeddingGenerator<TInput, TEmbedding> innerGenerator, CostTracker? tracker, BudgetOptions? options, CallLayerSetup? setup)
        : base(innerGenerator, client => new BudgetChatClient(client, tracker, options, setup))
    {
        if (options?.ExceededBehavior is ExceededBehavior.Stop or ExceededBehavior.WrapUp)
        {
            throw new ArgumentException(
                $"A generator has no answer to stop at or to wrap up, so its budget can only throw; leave {nameof(BudgetOptions.ExceededBehavior)} unset.", nameof(options));
        }

        if (innerGenerator.GetService(typeof(CallLayerChatClient)) is null && innerGenerator.GetService(typeof(CachingEmbeddingGenerator<TInput, TEmbedding>)) is not null)
        {
            throw PipelineRules.BudgetIsOutsideCache();
        }
    }
}
