using System.ClientModel;
using System.ClientModel.Primitives;
using System.Collections.Frozen;
using Microsoft.Extensions.AI;
using OpenAI;
using OpenAI.Chat;
using OpenAI.Responses;

namespace MeaiBudget;

/// <summary>Makes chat clients for OpenAI and servers that speak its protocol, on OpenAI's own SDK with the SDK's retries off.</summary>
public static class OpenAIChatClientFactory
{
    internal const string DefaultBaseUrl = "https://api.openai.com/v1";

    private const string Provider = "OpenAI";

    /// <summary>Counts input tokens by the Responses API, which is given what a chat request says, in its own form.</summary>
    private static readonly TokenCountEndpoint InputTokens = new(
        "/responses",
        "/responses/input_tokens",
        FrozenSet.Create("model", "input", "instructions", "tools", "tool_choice", "text", "reasoning", "conversation", "previous_response_id", "truncation", "parallel_tool_calls"),
        "input_tokens");

    /// <summary>Makes a client.</summary>
    /// <param name="options">The settings; copied.</param>
    /// <returns>A client that classifies failures, reads exact usage and counts input tokens through <see cref="IChatClient.GetService"/>.</returns>
    /// <exception cref="ProviderConfigurationException">A setting is missing or cannot work; the message says what to do.</exception>
    public static IChatClient Create(OpenAIChatClientOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var key = new ApiKeyCredential(options.RequireApiKey(Provider, "OPENAI_API_KEY"));
        var endpoint = options.RequireBaseUrl(Provider, DefaultBaseUrl);
        var modelId = options.RequireModelId(Provider, "gpt-5-mini");
        var timeout = options.RequireTimeout(Provider);
        options.RequireForwardTags(Provider, OpenAIChatClient.MetadataEntries);

        var http = ProviderHttp.CreateClient(options, Timeout.InfiniteTimeSpan);
        var inner = options.UseResponsesApi
            ? ResponsesClient(options, key, endpoint, modelId, timeout, http)
            : new ChatClient(modelId, key, Configure(new OpenAIClientOptions(), options, endpoint, timeout, http)).AsIChatClient();

        var countingHttp = ProviderHttp.CreateCountingClient(options, InputTokens);
        var counter = new EndpointTokenCounter(
            new ProviderChatClient(ResponsesClient(options, key, endpoint, modelId, timeout, countingHttp), options, modelId, countingHttp),
            OpenAIFailureClassifier.Instance);
        return new OpenAIChatClient(
            inner,
            options,
            options.UseResponsesApi,
            modelId,
            new OwnedResources(http, counter),
            OpenAIFailureClassifier.Instance,
            OpenAIUsageNormalizer.Instance,
            counter,
            options.UseResponsesApi ? ChatApi.OpenAIResponses : ChatApi.OpenAIChat);
    }

    /// <summary>Configures the SDK's options as every client here has them; <see cref="OpenAIClientOptions"/> for chat completions.</summary>
    internal static OpenAIClientOptions Configure(
        OpenAIClientOptions sdk, OpenAIChatClientOptions options, Uri endpoint, TimeSpan timeout, HttpClient http)
    {
        sdk.Endpoint = endpoint;
        sdk.OrganizationId = options.OrganizationId;
        sdk.ProjectId = options.ProjectId;
        return ConfigurePipeline(sdk, timeout, http);
    }

    internal static T ConfigurePipeline<T>(T sdk, TimeSpan timeout, HttpClient http)
        where T : ClientPipelineOptions
    {
        sdk.NetworkTimeout = timeout;
        sdk.Transport = new HttpClientPipelineTransport(http);

        // Retrying is the caller's decision, since it costs money: the SDK's own three retries would multiply with ours.
        sdk.RetryPolicy = new ClientRetryPolicy(maxRetries: 0);

        // The SDK logs bodies where it is told to; ours are never told to.
        sdk.ClientLoggingOptions = new() { EnableLogging = false };
        return sdk;
    }

    private static IChatClient ResponsesClient(
        OpenAIChatClientOptions options, ApiKeyCredential key, Uri endpoint, string modelId, TimeSpan timeout, HttpClient http)
    {
        var sdk = new ResponsesClientOptions { Endpoint = endpoint, OrganizationId = options.OrganizationId, ProjectId = options.ProjectId };
        return new ResponsesClient(key, ConfigurePipeline(sdk, timeout, http)).AsIChatClient(modelId);
    }
}
