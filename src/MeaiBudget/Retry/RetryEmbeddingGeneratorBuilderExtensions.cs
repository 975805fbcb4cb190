using MeaiBudget;

namespace Microsoft.Extensions.AI;

/// <content/>
public static partial class MeaiBudgetBuilderExtensions
{
    /// <summary>Makes requests for embeddings that failed for a passing reason again.</summary>
    /// <typeparam name="TInput">What is embedded.</typeparam>
    /// <typeparam name="TEmbedding">The embeddings.</typeparam>
    /// <param name="builder">The pipeline.</param>
    /// <param name="options">The options; if not supplied, one is resolved from the service provider, else the defaults.</param>
    /// <param name="configure">Changes a copy of the options.</param>
    /// <returns>The pipeline.</returns>
    public static EmbeddingGeneratorBuilder<TInput, TEmbedding> UseRetry<TInput, TEmbedding>(
        this EmbeddingGeneratorBuilder<TInput, TEmbedding> builder, RetryOptions? options = null, Action<RetryOptions>? configure = null)
        where TEmbedding : Embedding
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.Use((inner, services) => new RetryEmbeddingGenerator<TInput, TEmbedding>(
            inner, OptionsOf(options, configure, services), CallLayerSetup.From(services)));
    }
}
