using System.Runtime.CompilerServices;
using MeaiBudget;
using OllamaSharp;

namespace Microsoft.Extensions.AI;

/// <summary>Wraps clients that the application created with OllamaSharp.</summary>
public static class OllamaProviderExtensions
{
    /// <summary>Adds failure classification to a client that the application created with OllamaSharp, and removes usage without counts.</summary>
    /// <param name="client">The client, for example an <c>OllamaApiClient</c>.</param>
    /// <returns>A client that wraps it.</returns>
    /// <remarks>
    /// OllamaSharp does not retry. Create its HTTP client with <see cref="ChatWireHandler.CreateClient"/>, so that budgets see the requests
    /// that it sends and the usage that it is billed for.
    /// </remarks>
    [OverloadResolutionPriority(1)] // OllamaApiClient also implements IEmbeddingGenerator.
    public static IChatClient WithOllamaProvider(this IChatClient client)
    {
        ArgumentNullException.ThrowIfNull(client);
        return new OllamaChatClient(client);
    }

    /// <summary>Adds failure classification to an embedding generator that the application created with OllamaSharp.</summary>
    /// <remarks>An <c>OllamaApiClient</c> is also a chat client, and the compiler chooses that overload. Cast it to an embedding generator.</remarks>
    /// <typeparam name="TInput">The type of the input.</typeparam>
    /// <typeparam name="TEmbedding">The type of the embeddings.</typeparam>
    /// <param name="generator">The generator, cast from the client.</param>
    /// <returns>A generator that wraps it.</returns>
    public static IEmbeddingGenerator<TInput, TEmbedding> WithOllamaProvider<TInput, TEmbedding>(this IEmbeddingGenerator<TInput, TEmbedding> generator)
        where TEmbedding : Embedding
    {
        ArgumentNullException.ThrowIfNull(generator);
        return new ProviderEmbeddingGenerator<TInput, TEmbedding>(generator, OllamaFailureClassifier.Instance)
        {
            SeesWire = generator.GetService(typeof(OllamaApiClient)) is OllamaApiClient sdk && OllamaChatClient.SeesWireOf(sdk),
        };
    }
}
