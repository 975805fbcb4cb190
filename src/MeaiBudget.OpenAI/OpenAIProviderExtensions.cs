using System.ClientModel.Primitives;
using MeaiBudget;
using OpenAI.Embeddings;

namespace Microsoft.Extensions.AI;

/// <summary>Wraps clients that the application created with OpenAI's SDK.</summary>
public static class OpenAIProviderExtensions
{
    /// <summary>Adds failure classification and exact usage to a client that the application created with OpenAI's SDK.</summary>
    /// <param name="client">The client that <c>AsIChatClient()</c> returned.</param>
    /// <param name="deployments">The models behind Azure's deployments, by deployment name; <see langword="null"/> for none. Prices, tokenizer and limits are those of the model.</param>
    /// <returns>A client that wraps it.</returns>
    /// <remarks>
    /// Disable the three retries of the SDK's client: <c>OpenAIClientOptions.RetryPolicy = new ClientRetryPolicy(maxRetries: 0)</c>. Call
    /// <see cref="AddChatWire"/> on the same options, so that budgets see the requests that it sends and the usage that it is billed for.
    /// </remarks>
    public static IChatClient WithOpenAIProvider(this IChatClient client, IEnumerable<KeyValuePair<string, string>>? deployments = null)
    {
        ArgumentNullException.ThrowIfNull(client);

        return new AppMadeOpenAIChatClient(client, AppMadeOpenAIChatClient.ApiOf(client), deployments);
    }

    /// <summary>Adds a <see cref="ChatWireHandler"/> to the HTTP pipeline of the clients that are created with these options, below all their handlers.</summary>
    /// <typeparam name="TOptions">The type of the options, for example <c>OpenAIClientOptions</c> or <c>AzureOpenAIClientOptions</c>.</typeparam>
    /// <param name="options">The SDK's options, before a client uses them.</param>
    /// <param name="httpClient">
    /// The HTTP client of the application, for example from <c>IHttpClientFactory</c>; <see langword="null"/> for a new one. Its timeout applies
    /// in addition to the SDK's <c>NetworkTimeout</c>.
    /// </param>
    /// <param name="configure">Sets options of the handler, for example <see cref="ChatWireHandler.RequireBudget"/>; <see langword="null"/> for the defaults.</param>
    /// <returns>The options, with <c>Transport</c> set.</returns>
    /// <exception cref="ArgumentException">
    /// <c>Transport</c> is already set. Its HTTP client cannot be found; leave <c>Transport</c> unset and pass the HTTP client here.
    /// </exception>
    public static TOptions AddChatWire<TOptions>(this TOptions options, HttpClient? httpClient = null, Action<ChatWireHandler>? configure = null)
        where TOptions : ClientPipelineOptions
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.Transport is ChatWireTransport transport && httpClient is null)
        {
            transport.Configure(configure);
            return options;
        }

        if (options.Transport is not null)
        {
            throw new ArgumentException(
                "Transport is already set, and its HttpClient cannot be found. Leave Transport unset and pass the HttpClient: options.AddChatWire(httpClient).",
                nameof(options));
        }

        options.Transport = new ChatWireTransport(
            httpClient is null ? WithoutTimeout(ChatWireHandler.CreateClient(configure: configure)) : ChatWireHandler.AddTo(httpClient, configure));
        return options;
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
        return new ProviderEmbeddingGenerator<TInput, TEmbedding>(generator, OpenAIFailureClassifier.Instance, OpenAIUsageNormalizer.Instance)
        {
            SeesWire = generator.GetService(typeof(EmbeddingClient)) is EmbeddingClient sdk && ChatWireTransport.IsIn(sdk.Pipeline),
        };
    }

    /// <summary>Disables the timeout, because the SDK has its own.</summary>
    private static HttpClient WithoutTimeout(HttpClient client)
    {
        client.Timeout = Timeout.InfiniteTimeSpan;
        return client;
    }
}
