using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>Lets a request for embeddings be sent only if it fits every budget, and charges what it cost.</summary>
/// <typeparam name="TInput">What is embedded: text, which is counted; anything else cannot be bounded, and enforcing budgets refuse it.</typeparam>
/// <typeparam name="TEmbedding">The embeddings.</typeparam>
/// <remarks>
/// Thread-safe. Uses the same trackers, runs, tags (the text and number entries of
/// <see cref="EmbeddingGenerationOptions.AdditionalProperties"/>), receipts and metrics as chat does. Changes nothing in a request.
/// </remarks>
public sealed class BudgetEmbeddingGenerator<TInput, TEmbedding> : DelegatingEmbeddingGenerator<TInput, TEmbedding>
    where TEmbedding : Embedding
{
    private readonly GeneratorBudget _budget;

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
        : base(innerGenerator)
    {
        if (innerGenerator.GetService(typeof(CallLayerChatClient)) is null && innerGenerator.GetService(typeof(CachingEmbeddingGenerator<TInput, TEmbedding>)) is not null)
        {
            throw PipelineRules.BudgetOutsideCache();
        }

        var metadata = innerGenerator.GetService(typeof(EmbeddingGeneratorMetadata)) as EmbeddingGeneratorMetadata;
        _budget = new GeneratorBudget(
            innerGenerator.GetService, new ChatClientMetadata(metadata?.ProviderName, metadata?.ProviderUri, metadata?.DefaultModelId), null, tracker, options, setup);
    }

    /// <inheritdoc/>
    /// <exception cref="BudgetExceededException">A budget refused; nothing was sent.</exception>
    public override Task<GeneratedEmbeddings<TEmbedding>> GenerateAsync(
        IEnumerable<TInput> values, EmbeddingGenerationOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(values);
        IReadOnlyList<TInput> inputs = values as IReadOnlyList<TInput> ?? [.. values];
        var request = new GeneratorRequest(target => GeneratorEstimates.OfTexts(inputs, target), async token =>
        {
            GeneratedEmbeddings<TEmbedding> made = await InnerGenerator.GenerateAsync(inputs, options, token);
            return new ChatResponse { ModelId = made.Count > 0 ? made[0].ModelId : null, Usage = made.Usage, RawRepresentation = made };
        });
        return _budget.RunAsync<GeneratedEmbeddings<TEmbedding>>(
            request, GeneratorRequest.Options(options?.ModelId, options?.AdditionalProperties), cancellationToken);
    }

    /// <inheritdoc/>
    public override object? GetService(Type serviceType, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        return _budget.GetService(serviceType, serviceKey) ?? base.GetService(serviceType, serviceKey);
    }
}
