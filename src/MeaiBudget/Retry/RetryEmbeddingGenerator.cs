using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>Retries embedding requests that failed with a transient error, as <see cref="RetryChatClient"/> does for chat.</summary>
/// <typeparam name="TInput">The type of the input.</typeparam>
/// <typeparam name="TEmbedding">The type of the embeddings.</typeparam>
/// <remarks>Thread-safe. Budgets above and below it count every attempt.</remarks>
internal sealed class RetryEmbeddingGenerator<TInput, TEmbedding> : CallLayerEmbeddingGenerator<TInput, TEmbedding>
    where TEmbedding : Embedding
{
    /// <summary>Creates the generator.</summary>
    /// <exception cref="ArgumentOutOfRangeException">An option is outside its range.</exception>
    /// <param name="innerGenerator">The generator below.</param>
    /// <param name="options">The options; copied.</param>
    public RetryEmbeddingGenerator(IEmbeddingGenerator<TInput, TEmbedding> innerGenerator, RetryOptions? options = null)
        : this(innerGenerator, options, null)
    {
    }

    internal RetryEmbeddingGenerator(IEmbeddingGenerator<TInput, TEmbedding> innerGenerator, RetryOptions? options, CallLayerSetup? setup)
        : base(innerGenerator, client => new RetryChatClient(client, options, setup))
    {
    }
}
