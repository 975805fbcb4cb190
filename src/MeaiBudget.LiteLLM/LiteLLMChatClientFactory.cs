using System.ClientModel;
using System.Collections.Frozen;
using Microsoft.Extensions.AI;
using OpenAI;
using OpenAI.Chat;

namespace MeaiBudget;

/// <summary>Makes chat clients for a LiteLLM proxy, on OpenAI's SDK with the SDK's retries off.</summary>
public static class LiteLLMChatClientFactory
{
    private const string Provider = "LiteLLM";

    /// <summary>A proxy without keys takes any; the SDK wants one.</summary>
    private const string NoKey = "none";

    private static readonly FrozenSet<string> CountedFields = FrozenSet.Create("model", "messages", "tools");

    /// <summary>Makes a client.</summary>
    /// <param name="options">The settings; copied. A proxy without keys needs no <see cref="ProviderClientOptions.ApiKey"/>.</param>
    /// <returns>
    /// A client that classifies failures, reads the cost that the proxy states and counts input tokens by <c>/utils/token_counter</c>
    /// through <see cref="IChatClient.GetService"/>. Its metadata name the provider <c>litellm</c>.
    /// </returns>
    /// <exception cref="ProviderConfigurationException">A setting is missing or cannot work; the message says what to do.</exception>
    public static IChatClient Create(LiteLLMChatClientOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var endpoint = options.RequireBaseUrl(Provider, defaultUrl: null);
        var key = new ApiKeyCredential(string.IsNullOrEmpty(options.ApiKey) ? NoKey : options.RequireApiKey(Provider, "LITELLM_API_KEY"));
        var modelId = options.RequireModelId(Provider, "gpt-5-mini, as the proxy's configuration names it");
        var timeout = options.RequireTimeout(Provider);
        options.RequireForwardTags(Provider, OpenAIChatClient.MetadataEntries);

        // The proxy serves chat with and without /v1, the counter only without.
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
