using MeaiBudget;

namespace Microsoft.Extensions.AI;

/// <content/>
public static partial class MeaiBudgetBuilderExtensions
{
    /// <summary>Retries embedding requests that failed with a transient error.</summary>
    /// <typeparam name="TInput">The type of the input.</typeparam>
    /// <typeparam name="TEmbedding">The type of the embeddings.</typeparam>
    /// <param name="builder">The builder.</param>
    /// <param name="options">The options; if <see langword="null"/>, those of the service provider, or else the defaults.</param>
    /// <param name="configure">Changes a copy of the options.</param>
    /// <returns>The builder.</returns>
    public static EmbeddingGeneratorBuilder<TInput, TEmbedding> UseRetry<TInput, TEmbedding>(
        this EmbeddingGeneratorBuilder<TInput, TEmbedding> builder, RetryOptions? options = null, Action<RetryOptions>? configure = null)
        where TEmbedding : Embedding
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.Use((inner, services) => new RetryEmbeddingGenerator<TInput, TEmbedding>(
            inner, OptionsOf(options, configure, services), CallLayerSetup.From(services)));
    }
}
