using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>Repeats requests for embeddings that failed in passing, as <see cref="RetryChatClient"/> does for chat.</summary>
/// <typeparam name="TInput">What is embedded.</typeparam>
/// <typeparam name="TEmbedding">The embeddings.</typeparam>
/// <remarks>Thread-safe. Budgets above and below see every attempt.</remarks>
internal sealed class RetryEmbeddingGenerator<TInput, TEmbedding> : CallLayerEmbeddingGenerator<TInput, TEmbedding>
    where TEmbedding : Embedding
{
    /// <summary>Makes the layer.</summary>
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
