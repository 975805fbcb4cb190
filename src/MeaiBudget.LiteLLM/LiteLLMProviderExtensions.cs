using MeaiBudget;

namespace Microsoft.Extensions.AI;

/// <summary>Wraps clients that the application created for a LiteLLM proxy.</summary>
public static class LiteLLMProviderExtensions
{
    /// <summary>Adds failure classification and the proxy's stated cost to a client that the application created with OpenAI's SDK for a LiteLLM proxy.</summary>
    /// <param name="client">The client that <c>AsIChatClient()</c> returned.</param>
    /// <returns>A client that wraps it.</returns>
    /// <remarks>
    /// If you create the SDK client yourself, disable its three retries, because budgets do not see them:
    /// <c>OpenAIClientOptions.RetryPolicy = new ClientRetryPolicy(maxRetries: 0)</c>. The cost in <c>usage.cost</c> is always read; the cost
    /// in the response header is read only if its <c>HttpClient</c> has a <see cref="WireObservationHandler"/>.
    /// </remarks>
    public static IChatClient WithLiteLLMProvider(this IChatClient client)
    {
        ArgumentNullException.ThrowIfNull(client);
        return new ProviderChatClient(client, OpenAIFailureClassifier.Instance, LiteLLMUsageNormalizer.Instance, ChatApi.OpenAIChat);
    }

    /// <summary>Adds failure classification to an embedding generator that the application created with OpenAI's SDK for a LiteLLM proxy.</summary>
    /// <typeparam name="TInput">The type of the input.</typeparam>
    /// <typeparam name="TEmbedding">The type of the embeddings.</typeparam>
    /// <param name="generator">The generator.</param>
    /// <returns>A generator that wraps it.</returns>
    public static IEmbeddingGenerator<TInput, TEmbedding> WithLiteLLMProvider<TInput, TEmbedding>(this IEmbeddingGenerator<TInput, TEmbedding> generator)
        where TEmbedding : Embedding
    {
        ArgumentNullException.ThrowIfNull(generator);
        return new ProviderEmbeddingGenerator<TInput, TEmbedding>(generator, OpenAIFailureClassifier.Instance, LiteLLMUsageNormalizer.Instance);
    }
}
