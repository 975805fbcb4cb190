using System.Collections.Frozen;
using Anthropic;
using Anthropic.Core;
using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>Creates chat clients for Anthropic, based on its official SDK with its retries disabled.</summary>
public static class AnthropicChatClientFactory
{
    private const string Provider = "Anthropic";

    internal const string DefaultBaseUrl = "https://api.anthropic.com";

    private static readonly TokenCountEndpoint CountTokens = new(
        "/v1/messages",
        "/v1/messages/count_tokens",
        FrozenSet.Create("model", "messages", "system", "tools", "tool_choice", "thinking", "output_config"),
        "input_tokens");

    /// <summary>Creates a client.</summary>
    /// <param name="options">The options; copied.</param>
    /// <returns>A client that classifies failures, reads exact usage and counts input tokens through <see cref="IChatClient.GetService"/>.</returns>
    /// <exception cref="ProviderConfigurationException">An option is missing or invalid. The message describes the fix.</exception>
    public static IChatClient Create(AnthropicChatClientOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var key = options.RequireApiKey(Provider, "ANTHROPIC_API_KEY");
        var baseUrl = options.RequireBaseUrl(Provider, DefaultBaseUrl).ToString().TrimEnd('/');
        var modelId = options.RequireModelId(Provider, "claude-haiku-4-5");
        var timeout = options.RequireTimeout(Provider);
        options.RequireForwardTags(Provider, AnthropicChatClient.MostForwardTags);

        var http = ProviderHttp.CreateClient(options, Timeout.InfiniteTimeSpan);
        var countingHttp = ProviderHttp.CreateCountingClient(options, CountTokens);
        var counter = new EndpointTokenCounter(
            new ProviderChatClient(SdkClient(countingHttp), options, modelId, countingHttp), AnthropicFailureClassifier.Instance);
        return new AnthropicChatClient(SdkClient(http), options, modelId, new OwnedResources(http, counter), counter);

        // Every retry costs money, so only the retry layer decides about them. The SDK's two retries would multiply with its own.
        IChatClient SdkClient(HttpClient httpClient) => new AnthropicClient(new ClientOptions
        {
            ApiKey = key,
            AuthToken = null,
            BaseUrl = baseUrl,
            Timeout = timeout,
            MaxRetries = 0,
            HttpClient = httpClient,
        }).AsIChatClient(modelId);
    }
}
