using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>Admits an embedding request only if its highest possible cost fits every budget, and charges its cost afterwards.</summary>
/// <typeparam name="TInput">The type of the inputs. Only text can be counted; enforcing budgets refuse other inputs.</typeparam>
/// <typeparam name="TEmbedding">The type of the embeddings.</typeparam>
/// <remarks>
/// Thread-safe. Uses the same trackers, runs, receipts, metrics and tags as chat. Tags are the text and number entries of
/// <see cref="EmbeddingGenerationOptions.AdditionalProperties"/>. Requests are not changed.
/// </remarks>
internal sealed class BudgetEmbeddingGenerator<TInput, TEmbedding> : CallLayerEmbeddingGenerator<TInput, TEmbedding>
    where TEmbedding : Embedding
{
    /// <summary>Creates the layer.</summary>
    /// <exception cref="ArgumentException">The options set a <see cref="BudgetOptions.ExceededBehavior"/> other than to throw.</exception>
    /// <exception cref="PipelineException">The order of the layers breaks a pipeline rule.</exception>
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
                $"{nameof(BudgetOptions.ExceededBehavior)} is {options.ExceededBehavior}, but the budget of a generator can only throw: there is no partial or closing answer. Leave {nameof(BudgetOptions.ExceededBehavior)} unset.", nameof(options));
        }

        if (innerGenerator.GetService(typeof(CallLayerChatClient)) is null && innerGenerator.GetService(typeof(CachingEmbeddingGenerator<TInput, TEmbedding>)) is not null)
        {
            throw PipelineRules.BudgetIsOutsideCache();
        }
    }
}
