using System.ClientModel;
using System.ClientModel.Primitives;
using System.Collections.Frozen;
using Microsoft.Extensions.AI;
using OpenAI;
using OpenAI.Chat;
using OpenAI.Responses;

namespace MeaiBudget;

/// <summary>Creates chat clients for OpenAI and compatible servers, based on OpenAI's SDK with its retries disabled.</summary>
public static class OpenAIChatClientFactory
{
    internal const string DefaultBaseUrl = "https://api.openai.com/v1";

    private const string Provider = "OpenAI";

    /// <summary>Counts input tokens with the Responses API, which receives the chat request in its own format.</summary>
    private static readonly TokenCountEndpoint InputTokens = new(
        "/responses",
        "/responses/input_tokens",
        FrozenSet.Create("model", "input", "instructions", "tools", "tool_choice", "text", "reasoning", "conversation", "previous_response_id", "truncation", "parallel_tool_calls"),
        "input_tokens");

    /// <summary>Creates a client.</summary>
    /// <param name="options">The options; copied.</param>
    /// <returns>A client that classifies failures, reads exact usage and counts input tokens through <see cref="IChatClient.GetService"/>.</returns>
    /// <exception cref="ProviderConfigurationException">An option is missing or invalid. The message describes the fix.</exception>
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

    /// <summary>Sets the SDK options that all clients of this factory share; <see cref="OpenAIClientOptions"/> for chat completions.</summary>
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

        // Every retry costs money, so only the retry layer decides about them. The SDK's three retries would multiply with its own.
        sdk.RetryPolicy = new ClientRetryPolicy(maxRetries: 0);

        // The SDK can log request and response bodies, so its logging stays disabled.
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
