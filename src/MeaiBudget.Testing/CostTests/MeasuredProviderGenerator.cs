using Microsoft.Extensions.AI;

namespace MeaiBudget.Testing;

/// <summary>The innermost layer of a measured generator of embeddings: notes each request that is sent to the provider.</summary>
/// <param name="inner">The provider's generator.</param>
internal sealed class MeasuredProviderGenerator<TInput, TEmbedding>(IEmbeddingGenerator<TInput, TEmbedding> inner)
    : DelegatingEmbeddingGenerator<TInput, TEmbedding>(inner)
    where TEmbedding : Embedding
{
    private readonly Uri? _providerUri = inner.GetService<EmbeddingGeneratorMetadata>()?.ProviderUri;

    /// <inheritdoc/>
    public override async Task<GeneratedEmbeddings<TEmbedding>> GenerateAsync(
        IEnumerable<TInput> values, EmbeddingGenerationOptions? options = null, CancellationToken cancellationToken = default)
    {
        IReadOnlyList<TInput> inputs = values as IReadOnlyList<TInput> ?? [.. values];
        MeasuredPass? pass = MeasuredPass.Current;
        pass?.Sent(PromptContents.OfInputs(inputs), _providerUri);
        GeneratedEmbeddings<TEmbedding> made = await base.GenerateAsync(inputs, options, cancellationToken);
        pass?.Answered(new MeasuredAnswer("", [], HasMadeUpUsage: false));
        return made;
    }
}
