using System.ClientModel;
using System.Collections.Frozen;
using Microsoft.Extensions.AI;
using OpenAI;
using OpenAI.Chat;

namespace MeaiBudget;

/// <summary>Creates chat clients for a LiteLLM proxy, based on OpenAI's SDK with its retries disabled.</summary>
public static class LiteLLMChatClientFactory
{
    private const string Provider = "LiteLLM";

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
        var endpoint = options.RequireBaseUrl(Provider, defaultUrl: null);
        var key = new ApiKeyCredential(string.IsNullOrEmpty(options.ApiKey) ? NoKey : options.RequireApiKey(Provider, "LITELLM_API_KEY"));
        var modelId = options.RequireModelId(Provider, "gpt-5-mini or another model name in the proxy's configuration");
        var timeout = options.RequireTimeout(Provider);
        options.RequireForwardTags(Provider, OpenAIChatClient.MetadataEntries);

        // The proxy serves chat with and without /v1, but the token counter only without it.
        var chatPath = (endpoint.AbsolutePath.TrimEnd('/').EndsWith("/v1", StringComparison.Ordinal) ? "/v1" : "") + "/chat/completions";
        var http = ProviderHttp.CreateClient(options, Timeout.InfiniteTimeSpan);
        var countingHttp = ProviderHttp.CreateCountingClient(options, new TokenCountEndpoint(chatPath, "/utils/token_counter", CountedFields, "total_tokens"));
        var counter = new EndpointTokenCounter(
            new ProviderChatClient(SdkClient(countingHttp), options, modelId, countingHttp), OpenAIFailureClassifier.Instance);
        return new OpenAIChatClient(
            SdkClient(http),
            options,
            usesResponsesApi: false,
            modelId,
            new OwnedResources(http, counter),
            OpenAIFailureClassifier.Instance,
            LiteLLMUsageNormalizer.Instance,
            counter,
            new ChatClientMetadata("litellm", endpoint, modelId),
            ChatApi.OpenAIChat);

        IChatClient SdkClient(HttpClient httpClient) => new ChatClient(
            modelId,
            key,
            OpenAIChatClientFactory.ConfigurePipeline(new OpenAIClientOptions { Endpoint = endpoint }, timeout, httpClient)).AsIChatClient();
    }
}
