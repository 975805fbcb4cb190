using System.ClientModel;
using System.ClientModel.Primitives;
using System.Collections.Frozen;
using Microsoft.Extensions.AI;
using OpenAI;
using OpenAI.Chat;

namespace MeaiBudget;

/// <summary>Creates chat clients for a LiteLLM proxy, based on OpenAI's SDK with its retries disabled.</summary>
/// <example>
/// <code>
/// IChatClient proxy = LiteLLMChatClientFactory.Create(new() { BaseUrl = "http://localhost:4000", ApiKey = key, ModelId = "gpt-4o-mini" });
/// IChatClient client = new ChatClientBuilder(proxy).UseBudget(tracker).Build();
/// </code>
/// </example>
public static class LiteLLMChatClientFactory
{
    internal const string ApiKeyName = "LITELLM_API_KEY";

    /// <summary>The maximum number of tags in a request.</summary>
    internal const int MaxForwardTags = 16;

    /// <summary>The API key for a proxy without keys. The SDK requires one, and the proxy accepts any.</summary>
    private const string NoKey = "none";

    private static readonly FrozenSet<string> CountedFields = FrozenSet.Create("model", "messages", "tools");

    /// <summary>Creates a client.</summary>
    /// <param name="options">The options; copied. For a proxy without keys, <see cref="ProviderClientOptions.ApiKey"/> is optional.</param>
    /// <returns>
    /// A client that classifies failures, reads the cost that the proxy states, and counts input tokens with <c>/utils/token_counter</c>
    /// through <see cref="IChatClient.GetService"/>. The provider name in its metadata is <c>litellm</c>.
    /// </returns>
    /// <exception cref="ProviderConfigurationException">An option is missing or invalid. The message describes the fix.</exception>
    public static IChatClient Create(LiteLLMChatClientOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var setup = new ProviderClientSetup(
            options, "LiteLLM", "gpt-5-mini or another model name in the proxy's configuration", apiKeyName: ApiKeyName, maxForwardTags: MaxForwardTags);
        string key = setup.ApiKey ?? NoKey;
        OpenAIChatClientOptions openAI = options.CopyTo(new OpenAIChatClientOptions());
        openAI.ApiKey = key;
        openAI.StoreResponses = options.StoreResponses;
        IChatClient client = OpenAIChatClientFactory.Create(openAI);

        // The proxy serves chat with and without /v1, but the token counter only without it.
        IChatTokenCounter counter = setup.CreateTokenCounter(
            (setup.BaseUrl.AbsolutePath.TrimEnd('/').EndsWith("/v1", StringComparison.Ordinal) ? "/v1" : "") + "/chat/completions",
            "/utils/token_counter",
            CountedFields,
            "total_tokens",
            http => new ChatClient(setup.ModelId, new ApiKeyCredential(key), new OpenAIClientOptions
            {
                Endpoint = setup.BaseUrl,
                NetworkTimeout = setup.Timeout,
                Transport = new HttpClientPipelineTransport(http),
                RetryPolicy = new ClientRetryPolicy(maxRetries: 0),
            }).AsIChatClient(),
            client.GetRequiredService<IChatFailureClassifier>());
        return new LiteLLMChatClient(client, setup, counter, new ChatClientMetadata("litellm", setup.BaseUrl, setup.ModelId));
    }

    /// <summary>Adds to OpenAI's client the stated cost, the proxy's token counter and its metadata.</summary>
    private sealed class LiteLLMChatClient(IChatClient client, ProviderClientSetup setup, IChatTokenCounter counter, ChatClientMetadata metadata)
        : ProviderChatClient(client, LiteLLMUsageNormalizer.Around(client), counter, metadata)
    {
        protected override void Dispose(bool disposing)
        {
            base.Dispose(disposing);
            if (disposing)
            {
                setup.Dispose();
            }
        }
    }
}
