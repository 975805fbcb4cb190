using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>Base class of the layers around embedding generators. Each layer contributes to a call, and the innermost layer runs its attempts.</summary>
/// <typeparam name="TInput">The type of the inputs. Only text can be counted; enforcing budgets refuse other inputs.</typeparam>
/// <typeparam name="TEmbedding">The type of the embeddings.</typeparam>
/// <remarks>Thread-safe.</remarks>
internal abstract class CallLayerEmbeddingGenerator<TInput, TEmbedding> : DelegatingEmbeddingGenerator<TInput, TEmbedding>
    where TEmbedding : Embedding
{
    private readonly GeneratorLayer _layer;

    private protected CallLayerEmbeddingGenerator(IEmbeddingGenerator<TInput, TEmbedding> innerGenerator, Func<IChatClient, CallLayerChatClient> create)
        : base(innerGenerator)
    {
        var metadata = innerGenerator.GetService(typeof(EmbeddingGeneratorMetadata)) as EmbeddingGeneratorMetadata;
        _layer = new GeneratorLayer(
            new GeneratorClient(
                innerGenerator.GetService,
                new ChatClientMetadata(metadata?.ProviderName, metadata?.ProviderUri, metadata?.DefaultModelId),
                MediaUsageNormalizer.TextIn(innerGenerator.GetService))
            {
                Operation = "embeddings",
            },
            create);
    }

    /// <inheritdoc/>
    /// <exception cref="BudgetExceededException">A budget refused the request. Nothing was sent.</exception>
    public sealed override Task<GeneratedEmbeddings<TEmbedding>> GenerateAsync(
        IEnumerable<TInput> values, EmbeddingGenerationOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(values);
        IReadOnlyList<TInput> inputs = values as IReadOnlyList<TInput> ?? [.. values];
        var request = new GeneratorRequest(target => GeneratorEstimates.OfTexts(inputs, target), async token =>
        {
            GeneratedEmbeddings<TEmbedding> made = await InnerGenerator.GenerateAsync(inputs, options, token);
            return new ChatResponse { ModelId = made.Count > 0 ? made[0].ModelId : null, Usage = made.Usage, RawRepresentation = made };
        })
        {
            TextBytes = GeneratorEstimates.BytesOf(inputs),
        };
        return _layer.RunAsync<GeneratedEmbeddings<TEmbedding>>(
            request,
            GeneratorRequest.Options(options?.ModelId, options?.AdditionalProperties, isRaw: options?.RawRepresentationFactory is not null),
            CallReceipts.Attach, cancellationToken);
    }

    /// <inheritdoc/>
    public sealed override object? GetService(Type serviceType, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        return _layer.GetService(serviceType, serviceKey) ?? base.GetService(serviceType, serviceKey);
    }
}
