using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>What the layers of this library around embedding generators have in common: each contributes to a call, and the innermost one runs its attempts.</summary>
/// <typeparam name="TInput">What is embedded: text, which is counted; anything else cannot be bounded, and enforcing budgets refuse it.</typeparam>
/// <typeparam name="TEmbedding">The embeddings.</typeparam>
/// <remarks>Thread-safe. Cannot be derived from outside the library; write an ordinary <see cref="DelegatingEmbeddingGenerator{TInput, TEmbedding}"/> instead.</remarks>
internal abstract class CallLayerEmbeddingGenerator<TInput, TEmbedding> : DelegatingEmbeddingGenerator<TInput, TEmbedding>
    where TEmbedding : Embedding
{
    private readonly GeneratorLayer _layer;

    private protected CallLayerEmbeddingGenerator(IEmbeddingGenerator<TInput, TEmbedding> innerGenerator, Func<IChatClient, CallLayerChatClient> create)
        : base(innerGenerator)
    {
        var metadata = innerGenerator.GetService(typeof(EmbeddingGeneratorMetadata)) as EmbeddingGeneratorMetadata;
        _layer = new GeneratorLayer(
            new GeneratorClient(innerGenerator.GetService, new ChatClientMetadata(metadata?.ProviderName, metadata?.ProviderUri, metadata?.DefaultModelId)), create);
    }

    /// <inheritdoc/>
    /// <exception cref="BudgetExceededException">A budget refused; nothing was sent.</exception>
    public sealed override Task<GeneratedEmbeddings<TEmbedding>> GenerateAsync(
        IEnumerable<TInput> values, EmbeddingGenerationOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(values);
        IReadOnlyList<TInput> inputs = values as IReadOnlyList<TInput> ?? [.. values];
        var request = new GeneratorRequest(target => GeneratorEstimates.OfTexts(inputs, target), async token =>
        {
            GeneratedEmbeddings<TEmbedding> made = await InnerGenerator.GenerateAsync(inputs, options, token);
            return new ChatResponse { ModelId = made.Count > 0 ? made[0].ModelId : null, Usage = made.Usage, RawRepresentation = made };
        });
        return _layer.RunAsync<GeneratedEmbeddings<TEmbedding>>(
            request, GeneratorRequest.Options(options?.ModelId, options?.AdditionalProperties), CallReceipts.Attach, cancellationToken);
    }

    /// <inheritdoc/>
    public sealed override object? GetService(Type serviceType, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        return _layer.GetService(serviceType, serviceKey) ?? base.GetService(serviceType, serviceKey);
    }
}
