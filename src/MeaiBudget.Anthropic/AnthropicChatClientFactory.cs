using System.Collections.Frozen;
using Anthropic;
using Anthropic.Core;
using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>Creates chat clients for Anthropic, based on its official SDK with its retries disabled.</summary>
/// <example>
/// <code>
/// IChatClient claude = AnthropicChatClientFactory.Create(new() { ApiKey = key, ModelId = "claude-haiku-4-5" });
/// IChatClient client = new ChatClientBuilder(claude).UseBudget(tracker).UseRetry().Build();
/// </code>
/// </example>
public static class AnthropicChatClientFactory
{
    internal const string DefaultBaseUrl = "https://api.anthropic.com";

    internal const string ApiKeyName = "ANTHROPIC_API_KEY";

    private static readonly FrozenSet<string> CountedFields = FrozenSet.Create("model", "messages", "system", "tools", "tool_choice", "thinking", "output_config");

    /// <summary>Creates a client.</summary>
    /// <param name="options">The options; copied.</param>
    /// <returns>A client that classifies failures, reads exact usage and counts input tokens through <see cref="IChatClient.GetService"/>.</returns>
    /// <exception cref="ProviderConfigurationException">An option is missing or invalid. The message describes the fix.</exception>
    public static IChatClient Create(AnthropicChatClientOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var setup = new ProviderClientSetup(
            options, "Anthropic", "claude-haiku-4-5", DefaultBaseUrl, ApiKeyName, requiresApiKey: true, maxForwardTags: AnthropicChatClient.MostForwardTags);
        return new AnthropicChatClient(
            CreateSdkClient(setup.CreateHttpClient(Timeout.InfiniteTimeSpan)),
            setup,
            setup.CreateTokenCounter("/v1/messages", "/v1/messages/count_tokens", CountedFields, "input_tokens", CreateSdkClient, AnthropicFailureClassifier.Instance),
            options.SendTemperature);

        // Every retry costs money, so only the retry layer decides about them. The SDK's two retries would multiply with its own.
        IChatClient CreateSdkClient(HttpClient httpClient) => new AnthropicClient(new ClientOptions
        {
            ApiKey = setup.ApiKey,
            AuthToken = null,
            BaseUrl = setup.BaseUrl.ToString().TrimEnd('/'),
            Timeout = setup.Timeout,
            MaxRetries = 0,
            HttpClient = httpClient,
        }).AsIChatClient(setup.ModelId);
    }
}
