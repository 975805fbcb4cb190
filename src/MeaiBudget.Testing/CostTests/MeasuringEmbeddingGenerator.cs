using Microsoft.Extensions.AI;

namespace MeaiBudget.Testing;

/// <summary>The outermost layer of a measured generator of embeddings: opens a pass for each request.</summary>
/// <param name="inner">The layers that reserve and charge.</param>
/// <param name="meter">The meter.</param>
internal sealed class MeasuringEmbeddingGenerator<TInput, TEmbedding>(IEmbeddingGenerator<TInput, TEmbedding> inner, CostMeter meter)
    : DelegatingEmbeddingGenerator<TInput, TEmbedding>(inner)
    where TEmbedding : Embedding
{
    /// <inheritdoc/>
    public override async Task<GeneratedEmbeddings<TEmbedding>> GenerateAsync(
        IEnumerable<TInput> values, EmbeddingGenerationOptions? options = null, CancellationToken cancellationToken = default)
    {
        // The change of an async local ends with this method.
        MeasuredPass.Current = new MeasuredPass(meter);
        return await base.GenerateAsync(values, options, cancellationToken);
    }
}
