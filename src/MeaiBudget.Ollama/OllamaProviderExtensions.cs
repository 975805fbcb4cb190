using System.Runtime.CompilerServices;
using MeaiBudget;

namespace Microsoft.Extensions.AI;

/// <summary>Makes a client of OllamaSharp, made by the app, known to the layers.</summary>
public static class OllamaProviderExtensions
{
    /// <summary>Adds failure classification and usage that is only there where it was counted to a client that the app made with OllamaSharp.</summary>
    /// <param name="client">The client, for example an <c>OllamaApiClient</c>.</param>
    /// <returns>A client around it.</returns>
    /// <remarks>
    /// OllamaSharp does not retry. Put a <see cref="WireObservationHandler"/> and a <see cref="ProviderErrorDetectionHandler"/> into its
    /// <c>HttpClient</c>: it hides response headers, and ends a stream quietly in which the server reported an error.
    /// </remarks>
    [OverloadResolutionPriority(1)] // OllamaApiClient is a generator of embeddings as well.
    public static IChatClient WithOllamaProvider(this IChatClient client)
    {
        ArgumentNullException.ThrowIfNull(client);
        return new OllamaChatClient(client);
    }

    /// <summary>Adds failure classification to an embedding generator that the app made with OllamaSharp.</summary>
    /// <remarks>An <c>OllamaApiClient</c> is a chat client as well, and is taken for one; cast it to an embedding generator.</remarks>
    /// <typeparam name="TInput">What is embedded.</typeparam>
    /// <typeparam name="TEmbedding">The embeddings.</typeparam>
    /// <param name="generator">The generator, which was cast from the client.</param>
    /// <returns>A generator around it.</returns>
    public static IEmbeddingGenerator<TInput, TEmbedding> WithOllamaProvider<TInput, TEmbedding>(this IEmbeddingGenerator<TInput, TEmbedding> generator)
        where TEmbedding : Embedding
    {
        ArgumentNullException.ThrowIfNull(generator);
        return new ProviderEmbeddingGenerator<TInput, TEmbedding>(generator, OllamaFailureClassifier.Instance);
    }
}
