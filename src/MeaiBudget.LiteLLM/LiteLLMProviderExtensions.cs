using MeaiBudget;

namespace Microsoft.Extensions.AI;

/// <summary>Makes a client of a LiteLLM proxy, made by the app, known to the layers.</summary>
public static class LiteLLMProviderExtensions
{
    /// <summary>Adds failure classification and the proxy's stated cost to a client that the app made with OpenAI's SDK for a LiteLLM proxy.</summary>
    /// <param name="client">The client, as <c>AsIChatClient()</c> gives it.</param>
    /// <returns>A client around it.</returns>
    /// <remarks>
    /// The SDK's own three retries stay as the app set them; turn them off with
    /// <c>OpenAIClientOptions.RetryPolicy = new ClientRetryPolicy(maxRetries: 0)</c>. The cost in the header is seen only with a
    /// <see cref="WireObservationHandler"/> in its <c>HttpClient</c>; the one in <c>usage.cost</c> always.
    /// </remarks>
    public static IChatClient WithLiteLLMProvider(this IChatClient client)
    {
        ArgumentNullException.ThrowIfNull(client);
        return new ProviderChatClient(client, OpenAIFailureClassifier.Instance, LiteLLMUsageNormalizer.Instance, ChatApi.OpenAIChat);
    }

    /// <summary>Adds failure classification to an embedding generator that the app made with OpenAI's SDK for a LiteLLM proxy.</summary>
    /// <typeparam name="TInput">What is embedded.</typeparam>
    /// <typeparam name="TEmbedding">The embeddings.</typeparam>
    /// <param name="generator">The generator.</param>
    /// <returns>A generator around it.</returns>
    public static IEmbeddingGenerator<TInput, TEmbedding> WithLiteLLMProvider<TInput, TEmbedding>(this IEmbeddingGenerator<TInput, TEmbedding> generator)
        where TEmbedding : Embedding
    {
        ArgumentNullException.ThrowIfNull(generator);
        return new ProviderEmbeddingGenerator<TInput, TEmbedding>(generator, OpenAIFailureClassifier.Instance, LiteLLMUsageNormalizer.Instance);
    }
}
