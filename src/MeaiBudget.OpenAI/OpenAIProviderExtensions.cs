using MeaiBudget;
using OpenAI.Responses;

namespace Microsoft.Extensions.AI;

/// <summary>Makes a client of OpenAI's SDK, made by the app, known to the layers.</summary>
public static class OpenAIProviderExtensions
{
    /// <summary>Adds failure classification and exact usage to a client that the app made with OpenAI's SDK.</summary>
    /// <param name="client">The client, as <c>AsIChatClient()</c> gives it.</param>
    /// <returns>A client around it.</returns>
    /// <remarks>
    /// The SDK's own three retries stay as the app set them; turn them off with
    /// <c>OpenAIClientOptions.RetryPolicy = new ClientRetryPolicy(maxRetries: 0)</c>, and add a <see cref="WireObservationHandler"/>
    /// and a <see cref="ProviderErrorDetectionHandler"/> to its <c>HttpClient</c> to have retries noticed and errors inside streams raised.
    /// </remarks>
    public static IChatClient WithOpenAIProvider(this IChatClient client)
    {
        ArgumentNullException.ThrowIfNull(client);

        // Both kinds of client name their provider alike; what they are made of tells them apart.
        ChatApi api = client.GetService<ResponsesClient>() is not null ? ChatApi.OpenAIResponses : ChatApi.OpenAIChat;
        return new ProviderChatClient(client, OpenAIFailureClassifier.Instance, OpenAIUsageNormalizer.Instance, api);
    }

    /// <summary>Adds failure classification to an embedding generator that the app made with OpenAI's SDK.</summary>
    /// <typeparam name="TInput">What is embedded.</typeparam>
    /// <typeparam name="TEmbedding">The embeddings.</typeparam>
    /// <param name="generator">The generator.</param>
    /// <returns>A generator around it.</returns>
    public static IEmbeddingGenerator<TInput, TEmbedding> WithOpenAIProvider<TInput, TEmbedding>(this IEmbeddingGenerator<TInput, TEmbedding> generator)
        where TEmbedding : Embedding
    {
        ArgumentNullException.ThrowIfNull(generator);
        return new ProviderEmbeddingGenerator<TInput, TEmbedding>(generator, OpenAIFailureClassifier.Instance, OpenAIUsageNormalizer.Instance);
    }
}
