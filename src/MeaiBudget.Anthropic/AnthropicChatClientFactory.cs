using System.Collections.Frozen;
using Anthropic;
using Anthropic.Core;
using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>Makes chat clients for Anthropic on its official SDK with the SDK's retries off.</summary>
public static class AnthropicChatClientFactory
{
    private const string Provider = "Anthropic";

    internal const string DefaultBaseUrl = "https://api.anthropic.com";

    private static readonly TokenCountEndpoint CountTokens = new(
        "/v1/messages",
        "/v1/messages/count_tokens",
        FrozenSet.Create("model", "messages", "system", "tools", "tool_choice", "thinking", "output_config"),
        "input_tokens");

    /// <summary>Makes a client.</summary>
    /// <param name="options">The settings; copied.</param>
    /// <returns>A client that classifies failures, reads exact usage and counts input tokens through <see cref="IChatClient.GetService"/>.</returns>
    /// <exception cref="ProviderConfigurationException">A setting is missing or cannot work; the message says what to do.</exception>
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

        // Retrying is the caller's decision, since it costs money: the SDK's own two retries would multiply with ours.
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
