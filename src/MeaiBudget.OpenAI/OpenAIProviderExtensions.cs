using MeaiBudget;
using OpenAI.Responses;

namespace Microsoft.Extensions.AI;

/// <summary>Wraps clients that the application created with OpenAI's SDK.</summary>
public static class OpenAIProviderExtensions
{
    /// <summary>Adds failure classification and exact usage to a client that the application created with OpenAI's SDK.</summary>
    /// <param name="client">The client that <c>AsIChatClient()</c> returned.</param>
    /// <returns>A client that wraps it.</returns>
    /// <remarks>
    /// If you create the SDK client yourself, disable its three retries, because budgets do not see them:
    /// <c>OpenAIClientOptions.RetryPolicy = new ClientRetryPolicy(maxRetries: 0)</c>. Add a <see cref="WireObservationHandler"/> to its
    /// <c>HttpClient</c> to detect such retries, and a <see cref="ProviderErrorDetectionHandler"/> to throw for errors inside streams.
    /// </remarks>
    public static IChatClient WithOpenAIProvider(this IChatClient client)
    {
        ArgumentNullException.ThrowIfNull(client);

        // Both kinds of client have the same provider name, so check which SDK client is inside.
        ChatApi api = client.GetService<ResponsesClient>() is not null ? ChatApi.OpenAIResponses : ChatApi.OpenAIChat;
        return new ProviderChatClient(client, OpenAIFailureClassifier.Instance, OpenAIUsageNormalizer.Instance, api);
    }

    /// <summary>Adds failure classification to an embedding generator that the application created with OpenAI's SDK.</summary>
    /// <typeparam name="TInput">The type of the input.</typeparam>
    /// <typeparam name="TEmbedding">The type of the embeddings.</typeparam>
    /// <param name="generator">The generator.</param>
    /// <returns>A generator that wraps it.</returns>
    public static IEmbeddingGenerator<TInput, TEmbedding> WithOpenAIProvider<TInput, TEmbedding>(this IEmbeddingGenerator<TInput, TEmbedding> generator)
        where TEmbedding : Embedding
    {
        ArgumentNullException.ThrowIfNull(generator);
        return new ProviderEmbeddingGenerator<TInput, TEmbedding>(generator, OpenAIFailureClassifier.Instance, OpenAIUsageNormalizer.Instance);
    }
}
