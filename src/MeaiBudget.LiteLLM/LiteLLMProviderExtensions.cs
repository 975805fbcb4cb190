using MeaiBudget;

namespace Microsoft.Extensions.AI;

/// <summary>Wraps clients that the application created for a LiteLLM proxy.</summary>
public static class LiteLLMProviderExtensions
{
    /// <summary>Adds failure classification and the proxy's stated cost to a client that the application created with OpenAI's SDK for a LiteLLM proxy.</summary>
    /// <param name="client">The client that <c>AsIChatClient()</c> returned.</param>
    /// <returns>A client that wraps it.</returns>
    /// <remarks>
    /// Disable the three retries of the SDK's client: <c>OpenAIClientOptions.RetryPolicy = new ClientRetryPolicy(maxRetries: 0)</c>. Call
    /// <c>AddChatWire()</c> on the same options, so that budgets see the requests that it sends, the usage that it is billed for, and the
    /// cost in the response header.
    /// </remarks>
    public static IChatClient WithLiteLLMProvider(this IChatClient client)
    {
        ArgumentNullException.ThrowIfNull(client);
        IChatClient openAI = client.WithOpenAIProvider();
        return new ProviderChatClient(openAI, LiteLLMUsageNormalizer.Around(openAI));
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
        IEmbeddingGenerator<TInput, TEmbedding> openAI = generator.WithOpenAIProvider();
        return new ProviderEmbeddingGenerator<TInput, TEmbedding>(openAI, new LiteLLMUsageNormalizer(openAI.GetRequiredService<IUsageNormalizer>()));
    }
}
